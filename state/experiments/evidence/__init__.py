"""Evidence of a test: the results of its looks so far, of a number or a metric, on which a verdict rests."""
