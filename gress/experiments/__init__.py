"""What people do with experiments before, beside and after a run.

- `power_table.py`: units that a test takes.
- `row_files.py`, `logged_rows.py`, `row_columns.py`: predictions as rows of an experiment.
- `replay.py`: verdicts on such rows.
- `policy.py`: value of a policy on such rows.
- `page/`: the page of a run's experiments.
"""
