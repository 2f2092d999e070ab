"""Checks before a run starts: reasons why it cannot, and a first version of a model that only the run would make."""
