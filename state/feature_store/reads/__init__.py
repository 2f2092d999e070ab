"""Reads of batches: the requests, the caches of the tables, and reads under way, which threads share."""
