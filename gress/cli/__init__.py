"""The `gress` command: one module a noun, and what they print with."""
