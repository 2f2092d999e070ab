"""Features that the feature store knows: what they ask for, and the feature that is made of the answer."""
