"""Ledgers of a shard: rows of an experiment in, sums by variant and step out.

- `ledger.py`: what all of them do.
- `unit_ledger.py`: units with many events, each of which is remembered.
- `unit_table.py`: remembered values of them, in columns.
- `event_ledger.py`: units that are events, of which none is.
- `reward_ledger.py`, `unit_reward_ledger.py`: the same two of a bandit, whose weights change again and again.
- `row_counts.py`: times, outcomes and predictions of rows, which count equally in all.
"""
