"""Outcomes of experiments on their way from scoring to verdicts.

- `answered.py`: what variants answered, and the value of each metric in it.
- `sender.py`: scored batches to outcomes of each experiment.
- `settings.py`: settings of a verdict, as the keyed steps take them.
- `actions.py`: verdicts to deployments, where a verdict is to act.
- `stage.py`: the keyed steps as operators of Flink: units by shard, then the judge of all shards.
"""
