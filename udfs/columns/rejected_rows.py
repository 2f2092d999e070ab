"""Rows of a table that are never scored, among those that are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.dead_letters import Problem
from udfs.scoring.prediction_batch import PredictionBatch

Columns = Mapping[str, NDArray[Any]]


def score_others(
    score: Callable[[Columns, Columns], PredictionBatch],
    tables: tuple[Columns, Columns],
    rejected: Mapping[int, Problem],
) -> PredictionBatch:
    """Return predictions of n rows, of which some have a problem already and are kept from the model.

    Args:
        score: function of the columns of the others, and of those that must be exact.
        tables: these columns with all rows, (n,) each.
        rejected: the problems, by row.
    """
    size = len(next(iter(tables[0].values())))
    is_kept = np.ones(size, dtype=bool)
    is_kept[list(rejected)] = False
    kept = np.flatnonzero(is_kept)
    found = score(*({name: values[kept] for name, values in table.items()} for table in tables))
    answers = tuple(replace(each, rows=kept if each.rows is None else kept[each.rows]) for each in found.answers)
    matrix = np.full((size, found.matrix.shape[1]), np.nan, found.matrix.dtype)
    matrix[kept] = found.matrix
    return replace(found, answers=answers, matrix=matrix, rejected=rejected)
