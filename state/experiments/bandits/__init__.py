"""Bandits: shares of units that follow what the arms are worth.

- `thompson.py`: shares by the chance of each arm to be the best.
- `reweighed.py`: arms compared over rounds with other shares.
- `reward_posterior.py`: what is known of an arm's mean.
"""
