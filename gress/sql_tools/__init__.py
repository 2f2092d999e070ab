"""Flink's own SQL tools, its client and its gateway, with the functions of this package."""
