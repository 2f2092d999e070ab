"""Per-key logic: event-time windows compiled to SQL, and drift detection in keyed state."""
