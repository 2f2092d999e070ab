"""Models that serve: validated first, replaced without a pause, and rolled back at once."""
