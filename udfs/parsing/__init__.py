"""Parsing of text lines into typed columns; bad lines become problems, never exceptions."""
