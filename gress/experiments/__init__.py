"""Plans of experiments before a run, and reports on them beside and after it.

- `power_table.py`: units that a test takes.
- `replay.py`, `replayed.py`: verdicts on predictions that were logged.
- `policy.py`: value of a policy on such predictions.
- `reading/`: predictions, comparisons and records of verdicts.
- `page/`: the page of a run's experiments.
"""
