"""Bandits: shares of units that follow the values of the arms.

- `thompson.py`: shares by the chance of each arm to be the best.
- `reweighed.py`: arms compared over rounds with other shares.
- `reward_posterior.py`: posterior of an arm's mean.
"""
