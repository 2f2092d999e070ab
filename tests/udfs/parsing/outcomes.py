"""Outcomes of the lines of a batch, in plain Python values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from udfs.dead_letters import Problem
from udfs.parsing.batch import ParsedBatch

Outcome = Mapping[str, Any] | Problem


def outcomes(batch: ParsedBatch) -> list[Outcome]:
    """Each row's values by field, None where absent, or its problem."""
    columns = {**batch.columns, **batch.exact}
    assert all(len(values) == batch.good for values in columns.values())
    rows = range(batch.size) if batch.rows is None else batch.rows.tolist()
    listed = {name: values.tolist() for name, values in columns.items()}
    found: dict[int, Outcome] = dict(batch.problems)
    assert not set(found) & set(rows)
    for index, row in enumerate(rows):
        found[row] = {name: _plain(values[index]) for name, values in listed.items()}
    assert sorted(found) == list(range(batch.size))
    return [found[row] for row in range(batch.size)]


def assert_exact_agrees(batch: ParsedBatch) -> None:
    """The exact integers are the columns' values, null where those are NaN."""
    for name, exact in batch.exact.items():
        rounded = np.array([math.nan if value is None else float(value) for value in exact])
        np.testing.assert_array_equal(batch.columns[name], rounded)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
