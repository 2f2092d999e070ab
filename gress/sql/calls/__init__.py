"""Calls of functions in statements: found in what the parser made of these, and checked before a job starts."""
