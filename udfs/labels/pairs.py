"""Predictions with their labels, as outcomes of the experiments that they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from conf.experiments.verdict import VerdictSettings
from state.verdicts.outcomes import Outcomes
from udfs.labels.job_labels import LABEL
from udfs.labels.prediction_parts import ARM, POINT, PREDICTION, TIME, by_assignment
from udfs.labels.settings import AGE
from udfs.verdicts.answered import Answered

if TYPE_CHECKING:
    from udfs.windows.parts import Block

_AGE_MS = AGE[0][0]


def outcomes_of_pairs(block: Block, verdicts: Mapping[str, VerdictSettings]) -> Iterator[Outcomes]:
    """Yield the outcomes of labelled predictions: the metrics of the label alone, as the others are known before.

    The time of an outcome is when both were known, so that a look counts what was known by then, in whatever order
    predictions and labels are read.

    Args:
        block: rows of the join's main output that have a label.
        verdicts: settings by name of their experiment; rows of other experiments are left out.
    """
    for assigned, rows in by_assignment(block):
        verdict = verdicts.get(assigned.experiment)
        if verdict is None:
            continue
        nothing = np.full(len(rows), np.nan)
        fields = {metric.field: nothing for metric in verdict.metrics if metric.field is not None}
        answered = Answered(rows.numbers(PREDICTION).values, rows.numbers(LABEL).values, nothing, nothing, fields)
        yield Outcomes(
            assigned.experiment,
            assigned.step,
            assigned.shares,
            rows.numbers(POINT).values.view(np.uint64),
            rows.numbers(TIME).values + np.maximum(rows.numbers(_AGE_MS).values, 0),
            rows.numbers(ARM).values,
            answered.values(verdict.metrics),
            answered.chances[0],
            answered.label,
            is_delayed=True,
        )
