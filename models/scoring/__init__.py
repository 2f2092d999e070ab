"""A model in memory: its session, its signature, and the meaning of its raw outputs."""
