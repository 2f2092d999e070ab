"""The feature store as settings describe it: `open_store` puts backend, cache, tries and breaker together.

`lookups` answers what the features of a batch need of it.
"""
