"""Watches of a submitted job: its start, its final checkpoint, and its TaskManager."""
