"""The feature store as settings describe it: `open_store` puts backend, cache, tries and breaker together.

`StoredJoin` answers what the features of a batch look up in it.
"""
