"""Per-key logic: event-time windows compiled to SQL or computed in numpy, and drift detection in keyed state."""
