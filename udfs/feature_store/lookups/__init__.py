"""Look-ups of features in the store: `StoredJoin` reads the values that a batch needs, `open_join` opens it."""
