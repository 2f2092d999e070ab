"""Rows that a model's attempt refuses have no prediction."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from models.scoring.outputs import Scores
from udfs.scoring.attempt import Attempts


def test_rows_with_a_problem_have_no_prediction() -> None:
    given = np.array([0.5, np.inf, 0.7, -np.inf, 0.9])
    model: Any = SimpleNamespace(
        predict=lambda inputs: Scores(given[: len(inputs)], None, None),
        refused=lambda inputs: {2: "no text"},
        spec=SimpleNamespace(ref="model m@1.0.0"),
    )
    inputs: Any = given
    found = Attempts().run(model, inputs)
    assert {row: problem.reason for row, problem in found.problems.items()} == {
        1: "not_finite",
        2: "failed",
        3: "not_finite",
    }
    np.testing.assert_array_equal(found.scores.prediction, [0.5, np.nan, np.nan, np.nan, 0.9])
    np.testing.assert_array_equal(given, [0.5, np.inf, 0.7, -np.inf, 0.9])
