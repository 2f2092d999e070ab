"""Metrics of scoring, recorded batch by batch."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.spec import ModelSpec
from udfs.dead_letters import REASONS, Problem, stage_of
from udfs.metrics.pending import PendingCounter, PendingHistogram, PendingMetrics
from udfs.metrics.samples import InputSample
from udfs.metrics.series import series
from udfs.metrics.ticker import TICKER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from udfs.features.feature import Columns, Matrix
    from udfs.features.feature_set import FeatureSet
    from udfs.scoring.ladder import Answer


# A job that runs for a year sees many versions, and each version makes a few hundred series.
_MOST_VERSIONS = 20
_MOST_FEATURES = 100
_OTHER = "other"
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class ScoreLabels:
    """Label values of a job's metrics.

    Attributes:
        job: name of the job.
        model: name of the job's model.
        output: name of the prediction.
        columns: names of the features that the model gets, in its order.
        follows: ``registry`` or ``settings``: the one that chooses the job's version.
    """

    job: str
    model: str
    output: str
    columns: tuple[str, ...]
    follows: str = "settings"


@dataclass(frozen=True)
class _Version:
    """Metrics of one version of a model; additions to them need the lock."""

    ref: tuple[str, str]
    latency: PendingHistogram
    batch_size: PendingHistogram
    success: PendingCounter
    values: PendingHistogram
    sample: InputSample


class ScoreRecorder:
    """A recorder of the batches of one operator, which come one after the other.

    Series are bounded: versions after the twentieth of a process count as ``other``, and of the features only the first
    hundred have a distribution.

    Args:
        names: label values of the job.
        features: the job's feature set.
        input_rows: rows a second and version whose feature values are counted.
    """

    def __init__(self, names: ScoreLabels, features: FeatureSet, input_rows: int) -> None:
        self._names = names
        self._pending = pending = PendingMetrics(names.job)
        # Create the counters of all reasons, because the step that counts late rows only starts with the first one.
        for reason in REASONS:
            pending.counter("dead_letters_total", stage_of(reason), reason)
        self._inputs = PendingMetrics(names.job)
        self._input_rows = input_rows
        self._sampling = threading.Lock()
        self._versions: dict[tuple[str, str], _Version] = {}
        self._told: set[tuple[str, ...]] = set()
        self._extracted = [
            (pending.counter("features_extracted_total", features.name, kind), width)
            for kind, width in _widths(features).items()
        ]
        self._extraction = pending.histogram("feature_extraction_time_seconds", features.name)
        self._failures = pending.counter("feature_extraction_errors_total", features.name, "extraction_failed")
        self._features = features
        self._out_of_domain = {
            column: pending.counter("features_out_of_domain_total", features.name, column)
            for column in features.columns_with_domain
        }
        self._end_to_end = pending.histogram("end_to_end_latency_seconds")
        owner = names.job, names.model
        self._rows, self._batches = _Level("queue_depth", *owner), _Level("active_predictions", *owner)
        TICKER.add(self.flush)

    def serves(self, spec: ModelSpec) -> None:
        """Export the facts about a version that scores."""
        ref = self._ref(spec)
        if ref[1] != _OTHER:
            names = self._names
            tags, text = ", ".join(spec.tags)[:_LONGEST_LABEL], spec.description[:_LONGEST_LABEL]
            labels = (names.job, *ref, spec.type, names.follows, tags, text)
            series("model_info", *labels).set(1)
            self._told.add(labels)

    def arrived(self, rows: int) -> None:
        """Note the rows that the operator now has, before it reads them."""
        self._rows.now = rows

    def begin(self, rows: int) -> None:
        """Note that the operator begins to score so many rows."""
        self._rows.now, self._batches.now = rows, 1

    def end(self) -> None:
        """Note that the rows are scored."""
        self._rows.now = self._batches.now = 0

    def extraction_failed(self) -> None:
        """Count a batch whose features could not be computed."""
        with self._pending.lock:
            self._failures.add(1)

    def extracted(self, columns: Columns, matrix: Matrix) -> None:
        """Count the values of a batch outside a feature's domain.

        Args:
            columns: inputs of the features, arrays of n values.
            matrix: all features that were made of them, (n, k).
        """
        if not self._out_of_domain:
            return
        found = self._features.count_out_of_domain(columns, matrix)
        if found:
            with self._pending.lock:
                for column, values in found.items():
                    self._out_of_domain[column].add(values)

    def computed(self, rows: int, extraction_s: float) -> None:
        """Count the features of a batch of so many rows, which took so many seconds."""
        with self._pending.lock:
            for counter, width in self._extracted:
                counter.add(rows * width)
            self._extraction.add(extraction_s)

    def scored(self, matrix: NDArray[Any], answer: Answer, latency_s: float) -> None:
        """Count rows that a model and its fallbacks scored at once.

        Args:
            matrix: the model's input, (n, k), n >= 1.
            answer: scores of the n rows.
            latency_s: seconds from columns to scores.
        """
        rows, prediction = len(matrix), answer.scores.prediction
        version = self._version(answer.spec)
        with self._pending.lock:
            version.latency.add(latency_s, rows)
            version.batch_size.add(rows)
            if answer.status is None or answer.why is None:
                version.success.add(rows)
                version.values.add_all(prediction)
            else:
                self._fell(version, answer, answer.status, answer.why)
        with self._sampling:
            version.sample.add(matrix)

    def left(self, times_ms: NDArray[Any], unscored: Collection[int] = ()) -> None:
        """Observe the age of events, (n,) times in ms since 1970, whose predictions leave the worker now."""
        if unscored:
            times_ms = np.delete(times_ms, list(unscored))
        waited = np.maximum(time.time() - times_ms.astype(np.float64) / 1000, 0.0)
        with self._pending.lock:
            self._end_to_end.add_all(waited)

    def dead(self, problems: Mapping[int, Problem]) -> None:
        """Count rows that became dead letters."""
        if problems:
            with self._pending.lock:
                for reason, rows in Counter(problem.reason for problem in problems.values()).items():
                    self._pending.counter("dead_letters_total", stage_of(reason), reason).add(rows)

    def flush(self) -> None:
        """Write the counts so far."""
        self._count_inputs()
        for each in (self._pending, self._inputs, self._rows, self._batches):
            each.flush()

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self.flush)
        for labels in self._told:
            series("model_info", *labels).set(0)
        self.end()
        self.flush()

    def _version(self, spec: ModelSpec) -> _Version:
        ref = self._ref(spec)
        found = self._versions.get(ref)
        if found is None:
            self.serves(spec)
            pending = self._pending
            with pending.lock:
                self._errors(ref)
                # A breaker is closed until it opens; export that state from the start.
                series("circuit_breaker_state", self._names.job, *ref).inc(0)
                found = self._versions[ref] = _Version(
                    ref,
                    pending.histogram("inference_latency_seconds", *ref),
                    pending.histogram("batch_size", *ref),
                    pending.counter("predictions_total", *ref, "success"),
                    pending.histogram("prediction_distribution", *ref, self._names.output),
                    InputSample(self._input_rows),
                )
        return found

    def _ref(self, spec: ModelSpec) -> tuple[str, str]:
        ref = (spec.name, spec.version)
        is_known = ref in self._versions or len(self._versions) < _MOST_VERSIONS
        return ref if is_known else (spec.name, _OTHER)

    def _fell(self, version: _Version, answer: Answer, status: NDArray[np.object_], why: NDArray[np.object_]) -> None:
        """Count a batch in which rows left the first rung."""
        rows, errors = len(status), len(answer.problems)
        prediction, is_ok = answer.scores.prediction, status == "ok"
        failed = sum(reason is not None for reason in why.tolist())
        counter = self._pending.counter
        unscored, unanswered = self._errors(version.ref)
        unscored.add(failed)
        unanswered.add(errors)
        if answer.fallback is None:
            version.success.add(rows - errors)
        else:
            other = self._ref(answer.fallback)
            is_other = status == f"fallback:{answer.fallback.version}"
            saved = int(np.count_nonzero(is_other))
            version.success.add(rows - errors - saved)
            if saved:
                counter("predictions_total", *other, "success").add(saved)
                name = self._names.output
                self._pending.histogram("prediction_distribution", *other, name).add_all(prediction[is_other])
            self._errors(other)[0].add(failed - saved)
        # The other rows have the default prediction, which is not a value of this version.
        version.values.add_all(prediction[is_ok])

    def _errors(self, ref: tuple[str, str]) -> tuple[PendingCounter, PendingCounter]:
        """Return the counters of rows that a version failed on, and of those without any prediction."""
        counter = self._pending.counter
        return (
            counter("inference_errors_total", *ref, "prediction_failed"),
            counter("predictions_total", *ref, "error"),
        )

    def _count_inputs(self) -> None:
        with self._sampling:
            taken = [(version.ref, version.sample.take()) for version in list(self._versions.values())]
        columns = self._names.columns
        with self._inputs.lock:
            for ref, rows in taken:
                for name, values in zip(columns[:_MOST_FEATURES], () if rows is None else rows.T, strict=False):
                    self._inputs.histogram("input_distribution", *ref, name).add_all(values)


class _Level:
    """A gauge shared by several operators of a process: each adds the change of its own part."""

    def __init__(self, name: str, *labels: str) -> None:
        self.now = 0
        self._name, self._labels = name, labels
        self._told: int | None = None
        self._telling = threading.Lock()

    def flush(self) -> None:
        """Add the change since the last flush."""
        with self._telling:
            now, told = self.now, self._told
            if now != told:
                series(self._name, *self._labels).inc(now - (told or 0))
                self._told = now


def _widths(features: FeatureSet) -> dict[str, int]:
    """Return the number of columns of each feature type."""
    widths: dict[str, int] = {}
    for feature in features.features:
        widths[feature.type] = widths.get(feature.type, 0) + len(feature.columns)
    return widths
