"""Options of commands that more than one of them has."""
