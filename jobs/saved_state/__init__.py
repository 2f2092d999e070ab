"""Savepoints and checkpoints as Flink describes them: operators with state, and chunks of windows."""
