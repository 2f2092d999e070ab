"""Experiments: the cost of variants, shadows and verdicts, and how often verdicts are right."""
