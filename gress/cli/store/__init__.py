"""`gress features get`, `load` and `stats`: the feature store."""
