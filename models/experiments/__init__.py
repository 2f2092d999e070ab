"""Experiments beside the models that they compare.

- `weights.py`: weights of the variants, as a registry holds them.
- `changes.py`: other weights by hand, and the end of an experiment.
- `overview.py`: present state and history, as records.
"""
