"""Pipelines that run on Flink, one a file, and the rooms they are built from."""
