"""Feature store: values of features by entity, which one job writes and others look up.

`FeatureStore` is what callers hold: caches, and reads that threads share (`Views`), in front of a backend.
`MemoryBackend` keeps the values in the process, `RedisBackend` on a server. A value carries the event time that it was
computed at, and an older one never replaces a newer one.
"""
