"""The base class of settings and the types of their values: durations, numbers, refusals."""
