"""`gress experiments`: its commands, and the tables that they print."""
