"""Functions that operators run, from batch to batch, without an engine; ``udfs/inference.py`` adapts them to Flink."""
