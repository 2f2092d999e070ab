"""Verdicts inside the stream: units of an experiment add up by shard, and looks at their sums judge the variants.

- `outcomes.py`: rows of an experiment as bytes.
- `cells.py`: sums of units by variant and step, which add up over shards.
- `ledgers/`: rows of a shard to those sums.
- `bandits/`: what variants of a bandit are worth, and its weights.
- `judged.py`: a shard's state of an experiment.
- `shard_trial.py`: an experiment in a shard.
- `shards.py`: the shards of a task: rows wait for their look, and are saved.
- `store.py`: the state that shards and looks are saved in.
- `versions.py`: versions of the saved bytes.
- `look_sums.py`: sums that shards have sent, by look.
- `judge.py`: the looks at an experiment, and the records that they end in.
"""
