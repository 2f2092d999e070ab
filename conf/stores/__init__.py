"""Settings of the places that values of features are kept in."""
