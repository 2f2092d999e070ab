"""Experiments while a job scores: the variant that answers a row, and the answers of the others.

- `split.py`: the intervals of an experiment's variants.
- `units.py`: values of the split key to points.
- `weights.py`, `watched_weights.py`: the present weights of the variants, those that deployments change too.
- `router.py`: a batch to its arms, over all experiments of a job.
- `arms.py`: the models of the arms, each with its own fallbacks, and their answers put together.
"""
