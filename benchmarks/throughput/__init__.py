"""Rows a second: of whole jobs by source, format, batch and metrics, and of scoring without Flink."""
