"""The feature store as settings describe it: `open_store` puts backend, cache, tries and breaker together.

`lookups` reads the values that the features of a batch need.
"""
