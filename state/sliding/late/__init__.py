"""Windows that take late rows: engines of some keys, and the rows that such an engine is built from."""
