"""Side columns of a scored batch: what drift, shadows, verdicts, labels and learners get of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.learning.learning_choice import learning_of
from conf.settings import JobSettings, MlSettings
from udfs.columns.repeated import first_of
from udfs.columns.side_columns import DRIFT, OUTCOMES, SAMPLES, SHADOW, TO_LABEL, side_columns
from udfs.drift.sampler import DriftSampler
from udfs.experiments.router import Router
from udfs.experiments.shadow_sender import ShadowSender
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import event_columns
from udfs.functions.vector_function import Columns
from udfs.learning.sender import SampleSender
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.verdicts.sender import OutcomeSender, Sent


def drift_label(job: JobSettings) -> str | None:
    """Return the field of the outcome that drift reads; None where events have none, or where it is a text."""
    label = job.events.label
    return None if label is None or dict(event_columns(job.events))[label] == "STRING" else label


class BatchSides:
    """A sender of scored batches to the steps after scoring.

    Args:
        job: settings of the job.
        ml: settings of models.
        features: the job's features.
        router: of the job's experiments; None: it has none.
    """

    def __init__(self, job: JobSettings, ml: MlSettings, features: FeatureSet, router: Router | None) -> None:
        self._job = job
        self._label = drift_label(job)
        given = job.inference.feature_fields or features.columns
        self._sampler = DriftSampler(ml.drift.sample, given) if ml.drift.enabled else None
        sides, learning = dict(side_columns(job, ml)), learning_of(ml, job)
        self._samples = None if learning is None else SampleSender(job, learning)
        self._outcomes = OutcomeSender(job, ml, router) if OUTCOMES in sides and router is not None else None
        self._shadows = ShadowSender(job, ml, features, router) if SHADOW in sides and router is not None else None

    def take(self, batch: PredictionBatch, columns: Columns, exact: Columns) -> dict[str, NDArray[np.object_]]:
        """Return what other steps get of a batch, each in its first row.

        Args:
            batch: answers to n rows.
            columns: fields of the events, (n,) each.
            exact: integer columns with nulls again, as objects, which are exact beyond 2**53.
        """
        size = len(batch.matrix)
        found: dict[str, Any] = {}
        if self._sampler is not None:
            labels = columns[self._label] if self._label is not None else None
            times = columns[self._job.events.time]
            found[DRIFT] = self._sampler.take_all(batch, times, labels) if size else None
        if self._shadows is not None:
            found[SHADOW] = self._shadows.take(batch, {**columns, **exact}) if size else None
        sent = Sent(None, None)
        if self._outcomes is not None:
            sent = self._outcomes.take(batch, {**columns, **exact}) if size else sent
            found[OUTCOMES] = sent.outcomes
        if self._job.labels is not None:
            found[TO_LABEL] = self._to_label(batch, {**columns, **exact}, sent) if size else None
        elif self._samples is not None:
            found[SAMPLES] = self._samples.samples(batch, {**columns, **exact}) if size else None
        return {name: first_of(value, size) for name, value in found.items()}

    def _to_label(self, batch: PredictionBatch, columns: Columns, sent: Sent) -> str | None:
        return sent.predictions if self._samples is None else self._samples.to_label(batch, columns, sent.rows)
