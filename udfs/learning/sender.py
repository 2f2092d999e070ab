"""Sender of a scored batch's rows to the step that learns from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.learning.learning_choice import JobLearning, learning_of
from conf.settings import JobSettings, MlSettings
from state.drift.rows import joined_texts
from state.training.samples import Samples
from state.verdicts.outcomes import Outcomes
from udfs.columns.packed_texts import text_of
from udfs.experiments.units import Units
from udfs.functions.parse_lines import event_columns
from udfs.labels.prediction_parts import Known, prediction_part, unassigned_part
from udfs.learning.sample_bytes import sample_bytes
from udfs.scoring.prediction_batch import PredictionBatch

_LONGEST_KEY = 256


class SampleSender:
    """A sender of rows to learn from.

    Rows without a prediction are left out: their features may be the reason.

    Args:
        job: settings of the job.
        learning: of its learning.
    """

    def __init__(self, job: JobSettings, learning: JobLearning) -> None:
        self._job = job
        self._learning = learning
        self._id_kind = dict(event_columns(job.events))[job.events.id]

    def samples(self, batch: PredictionBatch, columns: Mapping[str, NDArray[Any]]) -> str | None:
        """Return the rows whose events hold the outcome; None: there are none.

        Args:
            batch: answers to n rows.
            columns: fields of the events, (n,) each.
        """
        label = self._job.events.label
        assert label is not None
        targets = columns[label].astype(np.float64)
        rows = np.flatnonzero(~np.isnan(targets) & self._answered(batch))
        if not len(rows):
            return None
        times = columns[self._job.events.time][rows].astype(np.int64)
        found = Samples(
            times + self._learning.label_delay_ms,
            times,
            self._points(columns, rows),
            self._keys(columns, rows),
            targets[rows],
            np.ones(len(rows)),
            batch.prediction[rows],
            batch.matrix[rows].astype(np.float32),
            self._names(columns, rows),
        )
        return text_of(times, found.to_bytes())

    def to_label(
        self,
        batch: PredictionBatch,
        columns: Mapping[str, NDArray[Any]],
        assigned: Sequence[tuple[NDArray[np.int64], Outcomes]],
    ) -> str | None:
        """Return all rows with a prediction, which their labels will find; None: there are none.

        Args:
            batch: answers to n rows.
            columns: fields of the events, (n,) each.
            assigned: for each experiment the places of its rows, and these.
        """
        is_left = self._answered(batch)
        parts = []
        for rows, outcomes in assigned:
            is_left[rows] = False
            part = prediction_part(outcomes, self._known(batch, columns, rows))
            parts.append(text_of(outcomes.times, part))
        rows = np.flatnonzero(is_left)
        if len(rows):
            times = columns[self._job.events.time][rows].astype(np.int64)
            part = unassigned_part(times, self._known(batch, columns, rows))
            parts.append(text_of(times, part))
        return joined_texts(parts) if parts else None

    def _known(self, batch: PredictionBatch, columns: Mapping[str, NDArray[Any]], rows: NDArray[np.int64]) -> Known:
        points, keys = self._points(columns, rows), self._keys(columns, rows)
        sample = sample_bytes(points, keys, batch.matrix[rows], self._names(columns, rows))
        return Known(columns[self._job.events.id][rows], self._id_kind, batch.prediction[rows], sample)

    def _answered(self, batch: PredictionBatch) -> NDArray[np.bool_]:
        found = np.ones(len(batch.matrix), np.bool_)
        found[list(batch.problems)] = False
        return found

    def _points(self, columns: Mapping[str, NDArray[Any]], rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        return Units(columns[self._job.events.id][rows]).points(self._learning.model_name)

    def _keys(self, columns: Mapping[str, NDArray[Any]], rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return points that decide about shards: of the keys, or of the ids where several shards learn one model."""
        if self._learning.key is not None:
            return Units(columns[self._learning.key][rows]).points("key")
        if self._learning.shards > 1:
            return self._points(columns, rows)
        return np.zeros(len(rows), np.uint64)

    def _names(self, columns: Mapping[str, NDArray[Any]], rows: NDArray[np.int64]) -> NDArray[np.bytes_] | None:
        """Return the keys themselves; None: there are none. A row without one is learnt by the shared model alone."""
        return None if self._learning.key is None else Units(columns[self._learning.key][rows]).names(_LONGEST_KEY)


def sample_fields(job: JobSettings, ml: MlSettings) -> tuple[str, ...]:
    """Return the event fields that learning reads; none where the job does not learn."""
    learning = learning_of(ml, job)
    if learning is None:
        return ()
    label = job.events.label if job.labels is None else None
    return tuple(name for name in (job.events.id, job.events.time, label, learning.key) if name is not None)
