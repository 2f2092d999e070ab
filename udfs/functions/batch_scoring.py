"""Event columns to columns of predictions: the seam between what reads rows and what scores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.model_choice import follows_registry
from conf.settings import InferenceSettings, JobSettings, MlSettings
from models.serving.source import ModelSource
from state.sql import SqlColumns
from udfs.dead_letters import Problem
from udfs.drift.sampler import DriftSampler
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.compute_features import feature_inputs
from udfs.functions.parse_lines import event_columns
from udfs.functions.repeated import first_of, repeated
from udfs.functions.vector_function import NO_COLUMNS, Columns
from udfs.logs import set_up_logs
from udfs.metrics.exporter import export_metrics
from udfs.metrics.scores import ScoreLabels, ScoreRecorder
from udfs.rows import prediction_row, step_columns
from udfs.scoring.breaker import BreakerOptions
from udfs.scoring.ladder import Answer, LadderOptions
from udfs.scoring.log import FallbackLog
from udfs.scoring.model_source import open_models
from udfs.scoring.scorer import PredictionBatch, Scorer

DRIFT_COLUMNS: SqlColumns = (("__drift", "STRING"),)
"""Sampled rows of a batch, for drift: a text in one row of the batch, NULL in the others."""

_NO_PROBLEMS: Mapping[int, Problem] = MappingProxyType({})


class BatchScoring:
    """A scorer of batches with the job's model, which counts the outcomes of their rows.

    It is a picklable description until ``open``; then it belongs to one operator, whose calls come one after the other.

    Args:
        job: settings of the job.
        ml: settings of models.
        raw: fields that models may read raw; None: all, as they reach the scorer anyway.

    Attributes:
        scorer: computes features and predictions of columns; there after ``open``.
    """

    def __init__(self, job: JobSettings, ml: MlSettings, raw: tuple[str, ...] | None = None) -> None:
        self._job = job
        self._ml = ml
        self._raw = raw
        self._models: ModelSource | None = None
        self._recorder: ScoreRecorder | None = None
        self._sampler: DriftSampler | None = None

    @cached_property
    def features(self) -> FeatureSet:
        """The job's features, compiled when they are first needed."""
        features = compile_feature_set(self._job.features, self._job.events)
        if self._raw is None:
            return features
        left_out = features.fields.types.keys() - {*self._raw, *features.inputs}
        return replace(features, fields=replace(features.fields, left_out=frozenset(left_out)))

    @cached_property
    def inputs(self) -> SqlColumns:
        """Event fields and aggregates that the features read, and those that metrics and drift need."""
        inputs = feature_inputs(self.features, self._job.events)
        events, ml = self._job.events, self._ml
        kinds = dict(event_columns(events))
        wanted: dict[str | None, bool] = {
            events.time: bool(ml.metrics.port) or ml.drift.enabled,
            self._label: ml.drift.enabled,
            **dict.fromkeys(self._raw or (), True),
        }
        known = {name for name, _ in inputs}
        more = (name for name, is_wanted in wanted.items() if is_wanted and name is not None and name not in known)
        return *inputs, *((name, kinds[name]) for name in more)

    @property
    def outputs(self) -> SqlColumns:
        """The prediction, then a sample for drift where drift is measured."""
        return *step_columns(prediction_row()), *(DRIFT_COLUMNS if self._ml.drift.enabled else ())

    @cached_property
    def _label(self) -> str | None:
        """The field of the outcome; None where events have none, or where it is a text."""
        label = self._job.events.label
        return None if label is None or dict(event_columns(self._job.events))[label] == "STRING" else label

    def open(self) -> None:
        """Load the model."""
        set_up_logs(self._ml.logs)
        export_metrics(self._job.name, self._ml.metrics)
        self._models = open_models(self._ml, self._job.inference, self.features, job=self._job.name)
        inference = self._job.inference
        given = inference.feature_fields or self.features.columns
        self._recorder = self._open_recorder(given) if self._ml.metrics.port else None
        if self._recorder is not None:
            with self._models.lease() as model:
                self._recorder.serves(model.spec)
        self._sampler = DriftSampler(self._ml.drift.sample, given) if self._ml.drift.enabled else None
        self.scorer = Scorer(
            self.features,
            self._models,
            fields=inference.feature_fields,
            ladder=_ladder(self._ml, inference),
            listener=FallbackLog(self._job.name),
            recorder=self._recorder,
        )

    def arrived(self, rows: int) -> None:
        """Note rows that the operator has, where it has something else to do before it scores them."""
        if self._recorder is not None:
            self._recorder.arrived(rows)

    def score(
        self, columns: Columns, rejected: Mapping[int, Problem] = _NO_PROBLEMS, exact: Columns = NO_COLUMNS
    ) -> tuple[Mapping[int, Problem], dict[str, Any]]:
        """Score a batch and count its rows.

        Args:
            columns: of the n rows to score, ``inputs`` among them.
            rejected: rows of the same batch that are dead letters already, and are only counted.
            exact: integer columns with nulls again, as objects, which are exact beyond 2**53.

        Returns:
            The problems of rows without a prediction, by row; and ``outputs``, n values each.
        """
        predictions = self.scorer.score_columns(columns, exact)
        size = len(predictions.prediction)
        if self._recorder is not None:
            self._recorder.dead(rejected)
            self._recorder.dead(predictions.problems)
            if size:
                self._recorder.left(columns[self._job.events.time], predictions.problems)
        return predictions.problems, self._rows(predictions, columns, size)

    def close(self) -> None:
        """Let the model go, where there is one."""
        if self._models is not None:
            self.scorer.close()
            self._models.close()
        if self._recorder is not None:
            self._recorder.close()

    def _rows(self, predictions: PredictionBatch, columns: Columns, size: int) -> dict[str, Any]:
        nothing = repeated(None, size)
        return {
            "__prediction": predictions.prediction,
            "__label": nothing if predictions.label is None else predictions.label,
            "__scores": nothing if predictions.scores is None else _listed(predictions.scores),
            **_model_columns(predictions.answer, size),
            "__feature_set": repeated(self.features.hash, size),
            **_rung_columns(predictions.answer, size),
            "__latency_us": np.full(size, predictions.latency_us, dtype=np.int64),
            **self._drift_column(predictions, columns, size),
        }

    def _drift_column(
        self, predictions: PredictionBatch, columns: Columns, size: int
    ) -> dict[str, NDArray[np.object_]]:
        if self._sampler is None:
            return {}
        if not size:
            return {"__drift": first_of(None, size)}
        labels = columns[self._label] if self._label is not None else None
        times = columns[self._job.events.time]
        text = self._sampler.take(predictions.answer, predictions.matrix, times, labels)
        return {"__drift": first_of(text, size)}

    def _open_recorder(self, columns: tuple[str, ...]) -> ScoreRecorder:
        inference = self._job.inference
        follows = "registry" if follows_registry(self._ml, inference) else "settings"
        names = ScoreLabels(self._job.name, inference.model_name, inference.output_field, columns, follows)
        return ScoreRecorder(names, self.features, self._ml.metrics.input_rows)


def _ladder(ml: MlSettings, inference: InferenceSettings) -> LadderOptions:
    breaker = BreakerOptions(
        ml.inference.breaker_failures, ml.inference.breaker_open_ms / 1000, ml.inference.breaker_successes
    )
    return LadderOptions(
        default=inference.default_prediction,
        deadline_s=ml.inference.max_latency_ms / 1000,
        max_hanging=inference.max_concurrency,
        breaker=breaker,
    )


def _model_columns(answer: Answer, size: int) -> dict[str, NDArray[np.object_]]:
    """Return which model each row is from."""
    columns = {
        "__model": repeated(answer.spec.name, size),
        "__version": repeated(answer.spec.version, size),
        "__checksum": repeated(answer.spec.sha256[:16], size),
    }
    other = answer.fallback
    if answer.status is not None and other is not None:
        is_other = np.char.startswith(answer.status.astype(str), "fallback:")
        for name, value in (("__version", other.version), ("__checksum", other.sha256[:16])):
            columns[name] = np.where(is_other, value, columns[name])
    return columns


def _rung_columns(answer: Answer, size: int) -> dict[str, NDArray[np.object_]]:
    """Return the status of each row, and why it is not ``ok``."""
    return {
        "__status": repeated("ok", size) if answer.status is None else answer.status,
        "__status_reason": repeated(None, size) if answer.why is None else answer.why,
    }


def _listed(scores: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the rows of a matrix as an array of arrays, which can be put to places as values can."""
    return np.fromiter(scores, dtype=object, count=len(scores))
