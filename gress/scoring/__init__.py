"""Scoring of tables in a user's program, without Flink: a model opened by its name, or what a job scores with."""
