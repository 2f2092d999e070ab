"""Judgement of a window: one drift test a column, with false alarms controlled over all columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.drift.measures.benjamini_hochberg import benjamini_hochberg
from state.drift.measures.psi import psi

if TYPE_CHECKING:
    from typing import Literal

    from state.drift.column import Role
    from state.drift.histograms import Histograms
    from state.drift.measures.measurement import Measure


@dataclass(frozen=True)
class Finding:
    """The result of one column's test, or of a detector that found a change.

    Attributes:
        name: name of the column.
        role: feature or score; outcome for a detector of errors.
        measure: name in `MEASURES`, or of the detector.
        statistic: in the measure's unit; NaN where the column could not be tested.
        p: chance of it without drift; NaN where the column could not be tested.
        q: p corrected for the number of columns.
        is_drift: q <= alpha; False where the column could not be tested.
        score: size of the drift, 0..1, 0.8 is large.
    """

    name: str
    role: Role | Literal["outcome"]
    measure: str
    statistic: float
    p: float
    q: float
    is_drift: bool
    score: float


def judge(
    baseline: Histograms, window: Histograms, alpha: float = 0.05, *, measure: Measure = psi
) -> tuple[Finding, ...]:
    """Test each column of a window against the baseline, most certain drift first.

    Without drift in any column, the chance of any alarm is at most `alpha`, as far as the measure's limit holds.
    NaN is a cell like others, so that a rise in missing values is drift; an empty window or a column with one cell in
    use is not tested.

    Args:
        baseline: counts of the training data.
        window: counts in the same cells.
        alpha: share of alarms that may be false, between 0 and 1.
        measure: function that compares two samples.

    Returns:
        a finding a column: by q, then the larger score, then the order of the columns; those not tested last.

    Raises:
        ValueError: the window's cells are not the baseline's, or alpha is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        msg = f"alpha: expected a number between 0 and 1, got {alpha}; use 0.05 for one false alarm in 20"
        raise ValueError(msg)
    if window.layout != baseline.layout:
        msg = (
            f"window: expected the baseline's cells, layout {baseline.layout[:12]}, got {window.layout[:12]}; "
            "make the window with baseline.empty()"
        )
        raise ValueError(msg)
    measured = [
        measure(column.comparable(baseline.counts(position)), column.comparable(window.counts(position)))
        for position, column in enumerate(baseline.columns)
    ]
    q_values = benjamini_hochberg([result.p for result in measured]).tolist()
    findings = [
        Finding(column.name, column.role, measure.__name__, result.statistic, result.p, q, q <= alpha, result.score)
        for column, result, q in zip(baseline.columns, measured, q_values, strict=True)
    ]
    return tuple(sorted(findings, key=lambda finding: (math.isnan(finding.q), finding.q, -finding.score)))


def overall_score(findings: tuple[Finding, ...]) -> float:
    """Return the largest score among columns that drifted; 0 if none did, so noise of small windows stays hidden."""
    return max((finding.score for finding in findings if finding.is_drift), default=0.0)
