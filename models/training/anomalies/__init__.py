"""Training of the anomaly-detection job's model: the law of its readings, the model, and the program."""
