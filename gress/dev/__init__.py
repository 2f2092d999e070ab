"""Servers for trying a job on a laptop; do not use them in production."""
