"""Programs that learn the same rows by our learners, River and Vowpal Wabbit, for benchmarks of learning."""
