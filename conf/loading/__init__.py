"""Loading of typed settings from YAML, environment and command line, with errors that name the key."""
