"""Scoring of tables in a user's program, without Flink: a model by its name, or the features and model of a job."""
