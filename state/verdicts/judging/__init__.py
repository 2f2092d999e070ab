"""Looks at an experiment: trials, comparisons of their variants, and the records of both."""
