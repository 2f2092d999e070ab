"""Calls of functions in statements: found in the parser's trees, and checked before a job starts."""
