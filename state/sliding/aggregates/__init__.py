"""Aggregates over sliding windows: exact sums, extremes, distinct values, and what came last."""
