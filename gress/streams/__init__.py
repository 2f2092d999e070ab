"""Scoring inside a user's own Flink program: a stream of events in, streams of predictions and dead letters out."""
