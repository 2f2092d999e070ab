"""Evidence of a test: what its looks have shown so far, of a number or a metric, and what a verdict rests on."""
