"""`gress sql`: the command, its output, and its prompt."""
