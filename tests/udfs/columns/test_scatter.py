from __future__ import annotations

import numpy as np

from udfs.columns.scatter import PROBLEM_COLUMNS, problem_columns, scatter
from udfs.dead_letters import Problem


def test_values_without_places_are_left_as_they_are() -> None:
    values = np.arange(3)
    assert scatter(values, None, 3) is values


def test_values_go_to_their_places() -> None:
    assert scatter(np.array([1.5, 2.5]), np.array([1, 3]), 4).tolist() == [None, 1.5, None, 2.5]


def test_no_values_leave_every_place_empty() -> None:
    assert scatter(np.empty(0), np.empty(0, dtype=int), 2).tolist() == [None, None]


def test_problems_go_to_their_rows() -> None:
    found = problem_columns({1: Problem("late", "too late")}, 3)
    assert tuple(found) == tuple(name for name, _ in PROBLEM_COLUMNS)
    assert found["__dead_letter_reason"].tolist() == [None, "late", None]
    assert found["__dead_letter_error"].tolist() == [None, "too late", None]
