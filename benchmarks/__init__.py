"""Benchmarks of the jobs: each module is one, run as ``make bench NAME=module``."""
