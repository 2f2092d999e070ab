"""Servers to try a job with on a laptop; nothing for production."""
