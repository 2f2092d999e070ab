"""`gress learn`: its commands, and the tables that they print."""
