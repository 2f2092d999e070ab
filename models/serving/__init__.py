"""Models that serve: checked before they do, replaced while they do, and rolled back at once."""
