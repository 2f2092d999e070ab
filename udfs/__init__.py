"""Code that runs on the rows of a stream: features, parsing, scoring, and their adapters to the engine."""
