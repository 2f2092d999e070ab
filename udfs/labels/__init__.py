"""Labels joined with predictions over parts: columns to rows and back, the shards of a task, and the keyed stage."""
