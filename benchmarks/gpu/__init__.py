"""Benchmark of scoring on a GPU; its package is run as ``make bench NAME=gpu``."""
