"""Per-key logic: event-time windows compiled to SQL, and what else lives in keyed state."""
