"""The feature store on a Redis server of the benchmark's own, and jobs that look features up in it."""
