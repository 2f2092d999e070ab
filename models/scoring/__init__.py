"""A model in memory: its session, its signature, and what its raw outputs mean."""
