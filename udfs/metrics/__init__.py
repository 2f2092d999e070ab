"""Metrics of the Python workers: what there is, and where it is recorded."""
