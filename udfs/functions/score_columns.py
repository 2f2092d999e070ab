"""Event fields and aggregates to predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import InferenceSettings, JobSettings, MlSettings
from models.serving.source import ModelSource
from udfs.drift.sampler import DriftSampler
from udfs.features.feature_set import compile_feature_set
from udfs.functions.compute_features import feature_inputs
from udfs.functions.parse_lines import event_columns
from udfs.functions.repeated import first_of, repeated
from udfs.functions.scatter import PROBLEM_COLUMNS, problem_columns
from udfs.functions.vector_function import Columns, SqlColumns
from udfs.logs import set_up_logs
from udfs.metrics.exporter import export_metrics
from udfs.metrics.scores import ScoreLabels, ScoreRecorder
from udfs.scoring.breaker import BreakerOptions
from udfs.scoring.ladder import Answer, LadderOptions
from udfs.scoring.model_source import open_models
from udfs.scoring.scorer import Predictions, Scorer

PREDICTION_COLUMNS: SqlColumns = (
    ("__prediction", "DOUBLE"),
    ("__label", "STRING"),
    ("__scores", "ARRAY<DOUBLE>"),
    ("__model", "STRING"),
    ("__version", "STRING"),
    ("__checksum", "STRING"),
    ("__feature_set", "STRING"),
    ("__status", "STRING"),
    ("__why", "STRING"),
    ("__latency_us", "BIGINT"),
)
"""What scoring adds to a row; ``feature_set`` is the hash of the features it was scored on, ``why`` the reason of a
status other than ``ok``."""


DRIFT_COLUMNS: SqlColumns = (("__drift", "STRING"),)
"""Where drift is measured: sampled rows of a batch in one of its rows, NULL in the others."""


def prediction_columns(ml: MlSettings) -> SqlColumns:
    """Return what scoring adds to a row with these settings."""
    return *PREDICTION_COLUMNS, *(DRIFT_COLUMNS if ml.drift.enabled else ())


@dataclass
class ScoreColumns:
    """Computes features and scores them with the job's model, in one step."""

    job: JobSettings
    ml: MlSettings

    def __post_init__(self) -> None:
        self.features = compile_feature_set(self.job.features, self.job.events)
        self._models: ModelSource | None = None
        self.recorder: ScoreRecorder | None = None
        self._sampler: DriftSampler | None = None

    @cached_property
    def inputs(self) -> SqlColumns:
        """Event fields and aggregates that the features read, and those that metrics and drift need."""
        inputs = feature_inputs(self.features, self.job.events)
        events, ml = self.job.events, self.ml
        kinds = dict(event_columns(events))
        wanted = {
            events.time: bool(ml.metrics.port) or ml.drift.enabled,
            self._label: ml.drift.enabled,
        }
        known = {name for name, _ in inputs}
        more = (name for name, is_wanted in wanted.items() if is_wanted and name is not None and name not in known)
        return *inputs, *((name, kinds[name]) for name in more)

    @property
    def outputs(self) -> SqlColumns:
        """Reason and error of a row that cannot be scored, then the prediction, then a sample for drift."""
        return *PROBLEM_COLUMNS, *prediction_columns(self.ml)

    @cached_property
    def _label(self) -> str | None:
        """The field with the outcome, where that is a number."""
        label = self.job.events.label
        return None if label is None or dict(event_columns(self.job.events))[label] == "STRING" else label

    def open(self) -> None:
        """Load the model."""
        set_up_logs(self.ml.logs)
        export_metrics(self.ml.metrics)
        self._models = open_models(self.ml, self.job.inference, self.features)
        inference = self.job.inference
        given = inference.feature_fields or self.features.columns
        self.recorder = self._open_recorder(given) if self.ml.metrics.port else None
        self._sampler = DriftSampler(self.ml.drift.sample, given) if self.ml.drift.enabled else None
        self.scorer = Scorer(
            self.features,
            self._models,
            fields=inference.feature_fields,
            ladder=_ladder(self.ml, inference),
            recorder=self.recorder,
        )

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch."""
        predictions = self.scorer.score(columns)
        size = len(predictions.prediction)
        if self.recorder is not None and size:
            self.recorder.dead(predictions.problems)
            self.recorder.left(columns[self.job.events.time], predictions.problems)
        return {**problem_columns(predictions.problems, size), **self.rows(predictions, columns)}

    def rows(self, predictions: Predictions, columns: Columns) -> dict[str, Any]:
        """Return predictions of columns as the columns of ``prediction_columns``."""
        size = len(predictions.prediction)
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

    def _drift_column(self, predictions: Predictions, columns: Columns, size: int) -> dict[str, NDArray[np.object_]]:
        if self._sampler is None:
            return {}
        events = self.job.events
        if not size:
            return {"__drift": first_of(None, size)}
        labels = columns[self._label] if self._label is not None else None
        text = self._sampler.take(predictions.answer, predictions.matrix, columns[events.time], labels)
        return {"__drift": first_of(text, size)}

    def close(self) -> None:
        """Let the model go, where there is one."""
        if self._models is not None:
            self.scorer.close()
            self._models.close()
        if self.recorder is not None:
            self.recorder.close()

    def _open_recorder(self, columns: tuple[str, ...]) -> ScoreRecorder:
        inference = self.job.inference
        names = ScoreLabels(self.job.name, inference.model_name, inference.output_field, columns)
        return ScoreRecorder(names, self.features, self.ml.metrics.input_rows)


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
        "__why": repeated(None, size) if answer.why is None else answer.why,
    }


def _listed(scores: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the rows of a matrix as an array of arrays, which can be put to places as values can."""
    return np.fromiter(scores, dtype=object, count=len(scores))
