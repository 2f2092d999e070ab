"""`gress models`: the versions in a registry, the one that serves, and how that changes."""
