"""Experiments beside the models that they compare.

- `weights.py`: weights of the variants, as a registry holds them.
- `changes.py`: other weights by hand, and the end of an experiment.
- `doubts.py`: what can hardly be meant as it is set.
- `overview.py`: present state and history, as records.
"""
