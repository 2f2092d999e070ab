"""Features from the feature store: the look-up, and the feature that is made from its value."""
