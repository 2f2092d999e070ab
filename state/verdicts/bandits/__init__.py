"""Bandits at a look: estimates of what variants are worth, and the weights that follow.

- `rewards.py`: estimates of what each variant is worth, over all rounds.
- `reweighing.py`: the weights of the next round.
"""
