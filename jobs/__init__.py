"""Pipelines that run on Flink, one a file, and the `gress` command that starts them."""
