"""Metrics of the Python workers: their catalogue, and the code that records and serves them."""
