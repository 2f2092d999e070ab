"""Dimension tables: numbers by key, read from a file that other programs keep up to date."""
