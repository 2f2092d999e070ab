"""A new job from a sample or from the names of fields: its events, features, model, settings and test, in a folder."""
