"""Drift of one group of rows from the training of the model that scored them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from state.drift import MEASURES
from state.drift.histograms import Histograms
from state.drift.judge import Finding, judge, overall_score
from state.drift.records import number
from state.sql import definitions

if TYPE_CHECKING:
    from conf.drift import DriftSettings
    from udfs.scoring.prediction_batch import PredictionBatch

COLUMN_DRIFT = (
    ("name", "STRING"),
    ("psi", "DOUBLE"),
    ("ks", "DOUBLE"),
    ("q", "DOUBLE"),
    ("score", "DOUBLE"),
    ("verdict", "STRING"),
)
"""Name and SQL type of each field of a comparison of one column."""

DRIFT_COLUMNS = (
    ("verdict", "STRING"),
    ("score", "DOUBLE"),
    ("rows", "BIGINT"),
    ("model", "STRING"),
    ("version", "STRING"),
    ("columns", f"ARRAY<ROW<{definitions(COLUMN_DRIFT)}>>"),
)
"""Name and SQL type of each field of a comparison."""

Verdict: TypeAlias = Literal["ok", "warn", "alert", "few rows"]
_LARGE = 0.8  # what convention calls a large drift, in the scale of ``state.drift.measures.measurement.drift_score``


@dataclass(frozen=True)
class DriftLimits:
    """Limits of the verdict, those of a job's ``ml.drift``.

    Attributes:
        alpha: share of groups without drift that may raise an alarm.
        min_rows: fewest rows for which a group is judged.
        measure: name in ``MEASURES``, by which columns are judged.
    """

    alpha: float = 0.05
    min_rows: int = 200
    measure: str = "psi"

    @classmethod
    def of(cls, settings: DriftSettings) -> DriftLimits:
        """Return the limits that settings name."""
        return cls(settings.alpha, settings.min_rows, settings.measure)


def drift_of(batch: PredictionBatch, baseline: Histograms, limits: DriftLimits) -> dict[str, Any]:
    """Return the figures of ``DRIFT_COLUMNS`` for one group of rows, as a job's drift stage counts and judges them.

    A column has drifted where its q is at most alpha: ``alert`` where the size of its drift is large as well, else
    ``warn``. The group is as its worst column. Rows that the model did not score itself say nothing about it, and are
    left out.

    Args:
        batch: features and scores of the group's rows by one version.
        baseline: counts of the version's training.
        limits: of the verdict.
    """
    answer = batch.answers[0].answer
    scores = answer.scores.prediction
    is_own = np.isfinite(scores)
    if answer.status is not None:
        is_own &= answer.status == "ok"
    window = baseline.empty()
    window.update(np.asarray(batch.matrix[is_own], np.float32), scores[is_own])
    named = {"rows": window.rows, "model": answer.spec.name, "version": answer.spec.version}
    if window.rows < limits.min_rows:
        return {"verdict": "few rows", "score": None, "columns": [], **named}
    findings = judge(baseline, window, limits.alpha, measure=MEASURES[limits.measure])
    columns = list(_columns(baseline, window, findings))
    worst = max((each["verdict"] for each in columns), key=("ok", "warn", "alert").index)
    return {"verdict": worst, "score": overall_score(findings), "columns": columns, **named}


def fits(baseline: Histograms, names: tuple[str, ...]) -> bool:
    """Return whether a version's baseline has the features that it is given, and one score."""
    known = tuple(column.name for column in baseline.columns if column.role == "feature")
    return known == names and len(baseline.columns) == len(known) + 1


def _columns(baseline: Histograms, window: Histograms, findings: tuple[Finding, ...]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each column, most certain drift first."""
    places = {column.name: place for place, column in enumerate(baseline.columns)}
    for finding in findings:
        place = places[finding.name]
        column = baseline.columns[place]
        counts = column.comparable(baseline.counts(place)), column.comparable(window.counts(place))
        yield {
            "name": finding.name,
            "psi": number(MEASURES["psi"](*counts).statistic),
            "ks": number(MEASURES["kolmogorov_smirnov"](*counts).statistic),
            "q": number(finding.q),
            "score": finding.score,
            "verdict": _verdict(finding),
        }


def _verdict(finding: Finding) -> Verdict:
    if not finding.is_drift:
        return "ok"
    return "alert" if finding.score >= _LARGE else "warn"
