"""One HTML page for the experiments of a run.

- `page.py`: renders it.
- `head.py`: last verdicts, values of metrics and shadows in words and numbers.
- `bandit.py`: estimated values of a bandit's variants, and their weights.
- `series.py`: numbers of looks as arrays.
- `lines.py`: parts that several plots have.
- `sequences.py`, `allocation.py`, `sample_ratio.py`, `actions.py`, `shadows.py`, `answers.py`: the plots.
"""
