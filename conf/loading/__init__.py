"""From YAML, environment and command line to typed settings, with errors that name the key."""
