"""What runs on the rows of a stream: features, routing and scoring, and their adapters to the engine."""
