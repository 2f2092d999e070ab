"""Pipelines that run on Flink, one a file, beside what all rooms use, and the rooms they are built from."""
