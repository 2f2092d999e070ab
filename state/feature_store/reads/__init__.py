"""Reads of batches: what they want, the caches of the tables, and reads under way, which threads share."""
