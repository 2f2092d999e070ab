"""Windows: their throughput, state and memory by both engines, and their numpy code alone."""
