"""Latency of single events that come through a socket, while models wait, answer and are swapped."""
