"""Per-key logic: event-time windows in SQL or numpy, drift detection, and statistics of experiments."""
