"""Learning in a job: what scored batches send, the keyed step that learns, and the versions that it publishes."""
