"""Look-ups of features in the store: `StoredJoin` answers what the features of a batch need, `open_join` opens it."""
