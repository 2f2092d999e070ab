"""Work on a feature store from the command line: filling it from files."""
