"""Sampler of the rows that a model scored, for drift."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.histograms import Histograms
from state.drift.rows import SampledRows, joined_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.spec import ModelSpec
    from udfs.experiments.arm_answer import ArmAnswer
    from udfs.scoring.ladder import Answer
    from udfs.scoring.prediction_batch import PredictionBatch

_LOG = logging.getLogger("gress.drift")
_MOST_ROWS = 10**12
"""Rows of which at least one is taken."""


class DriftSampler:
    """A sampler that takes every n-th row of one operator, over all its batches.

    Args:
        share: share of the rows, in (0, 1].
        columns: names of the features that models get, in their order.
    """

    def __init__(self, share: float, columns: tuple[str, ...]) -> None:
        # Whole numbers: by sums of floats, rows would be lost between batches.
        self._share = max(Fraction(str(share)).limit_denominator(_MOST_ROWS), Fraction(1, _MOST_ROWS))
        self._columns = columns
        self._owed = 0  # fraction of a row that is left over from the rows so far
        self._fitting: dict[str, bool] = {}
        self._told: set[str] = set()

    def take_all(self, batch: PredictionBatch, times_ms: NDArray[Any], labels: NDArray[Any] | None) -> str | None:
        """Do as ``take`` for the answers of several models to one batch."""
        texts = [self._of(each, batch.matrix, times_ms, labels) for each in batch.answers]
        return joined_texts(text for text in texts if text is not None)

    def _of(
        self, each: ArmAnswer, matrix: NDArray[Any], times_ms: NDArray[Any], labels: NDArray[Any] | None
    ) -> str | None:
        rows = each.rows
        if rows is None:
            return self.take(each.answer, matrix, times_ms, labels)
        return self.take(each.answer, matrix[rows], times_ms[rows], None if labels is None else labels[rows])

    def take(
        self, answer: Answer, matrix: NDArray[Any], times_ms: NDArray[Any], labels: NDArray[Any] | None
    ) -> str | None:
        """Return the sample of a batch as a text; None: there is nothing to send.

        Rows that the serving version did not score are left out, as they say nothing about it.

        Args:
            answer: scores of the n rows.
            matrix: the model's input, (n, k).
            times_ms: event times, (n,).
            labels: outcomes, (n,), NaN or None if not known; None: events have none.
        """
        rows = self._choose(len(matrix))
        if not len(rows):
            return None
        spec = answer.spec
        key = f"{spec.ref} {spec.sha256}"
        if key not in self._fitting:
            self._fitting[key] = self._fits(spec)
        if not self._fitting[key]:
            return None
        scores = answer.scores.prediction[rows]
        is_own = np.isfinite(scores)
        if answer.status is not None:
            is_own &= answer.status[rows] == "ok"
        rows, scores = rows[is_own], scores[is_own]
        if not len(rows):
            return None
        baseline = None if key in self._told else spec.baseline
        self._told.add(key)
        sampled = SampledRows(
            spec.name,
            spec.version,
            times_ms[rows].astype(np.int64),
            matrix[rows].astype(np.float32),
            scores,
            np.full(len(rows), np.nan) if labels is None else labels[rows].astype(np.float64),
            baseline,
        )
        return sampled.to_text()

    def _choose(self, size: int) -> NDArray[np.int64]:
        """Return the rows of a batch at which the share of all rows so far reaches the next whole number."""
        taken, parts = self._share.numerator, self._share.denominator
        before = self._owed
        count, self._owed = divmod(before + size * taken, parts)
        chosen: NDArray[np.int64] = -((before - np.arange(1, count + 1, dtype=np.int64) * parts) // taken) - 1
        return chosen

    def _fits(self, spec: ModelSpec) -> bool:
        """Return whether a version's baseline fits its inputs; log once why it does not."""
        if spec.baseline is None:
            _LOG.warning("%s has no baseline: its drift is not measured; register it with --baseline", spec.ref)
            return False
        try:
            described = Histograms.from_json(spec.baseline).columns
        except (KeyError, TypeError, ValueError) as error:
            _LOG.error("%s has a baseline that cannot be read: its drift is not measured: %s", spec.ref, error)
            return False
        names = tuple(column.name for column in described if column.role == "feature")
        scores = len(described) - len(names)
        if names != self._columns or scores != 1:
            text = "%s has a baseline of %s and %d scores, expected %s and one score: its drift is not measured"
            _LOG.error(text, spec.ref, ", ".join(names), scores, ", ".join(self._columns))
            return False
        return True
