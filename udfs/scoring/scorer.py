"""Scorer of columns: features, model, and problems of rows without a prediction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.scoring.inputs import Inputs
from models.serving.source import ModelSource
from udfs.columns.field_checks import FieldChecks
from udfs.columns.rejected_rows import score_others
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.arms import Arms
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.features.feature_set import FeatureSet
from udfs.metrics.scores import ScoreRecorder
from udfs.scoring.ladder import FallbackListener, Ladder, LadderOptions
from udfs.scoring.log import FallbackLog
from udfs.scoring.plain_columns import Wrong, check_lengths, plain_columns, raw_columns
from udfs.scoring.prediction_batch import PredictionBatch

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


_NOTHING: Mapping[str, NDArray[Any]] = MappingProxyType({})


class Scorer:
    """A scorer of batches on one feature set, each with the model that serves at the time.

    Args:
        features: the feature set.
        models: source of models.
        ladder: fallbacks for rows on which the model fails.
        listener: listener that is called for rows scored by a fallback.
        recorder: recorder of metrics; None: no metrics.
        fields: columns of the feature set that the model gets, in the model's order; empty: all.
        arms: the models of experiments; None: all rows are for ``models``.
        clock: function that returns nanoseconds, for latency.
    """

    def __init__(
        self,
        features: FeatureSet,
        models: ModelSource,
        *,
        fields: tuple[str, ...] = (),
        arms: Arms | None = None,
        ladder: LadderOptions | None = None,
        listener: FallbackListener | None = None,
        recorder: ScoreRecorder | None = None,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.features = features
        self._models = models
        self._ladder = Ladder(models, ladder or LadderOptions(), listener or FallbackLog())
        self._picked = [features.columns.index(name) for name in fields] if fields else None
        self._arms = arms
        self._stored: StoredJoin | None = None
        self._checks = None if features.events is None else FieldChecks.of_events(features.events)
        self._recorder = recorder
        self._clock = clock
        self._is_closed = False

    def look_up_in(self, stored: StoredJoin | None) -> None:
        """Join batches with a feature store, which is closed with the scorer, unless columns bring its answers."""
        self._stored = stored

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that a table must have, as long as the same models serve.

        They are event fields and windows that the features read, fields that the models read raw, and the field whose
        values an experiment assigns.
        """
        return tuple(dict.fromkeys((*self.features.inputs, *self._raw_fields()[0])))

    def score(self, table: Mapping[str, NDArray[Any]] | pd.DataFrame | pa.Table) -> PredictionBatch:
        """Return one prediction or one problem per row; a bad row never costs its batch.

        Args:
            table: arrays by name, a pandas DataFrame or an Arrow table, with at least ``features.inputs`` and the
                fields that the model reads raw. Fields of events that it has are checked as those of a job's events.

        Raises:
            FeatureError: columns are missing, or differ in length, or a raw field of text holds something else.
            RuntimeError: the scorer is closed.
        """
        self._check_open()
        self.features.check_columns(getattr(table, "column_names", table))
        needed, more = self._raw_fields()
        entities = () if self._stored is None else self._stored.keys
        raw = raw_columns(table, (*needed, *entities), more, self.features.fields)
        wanted = self.features.inputs if self._checks is None else (*self.features.inputs, *self._checks.fields)
        wrong: Wrong = {}
        plain = plain_columns(table, dict.fromkeys(wanted), self.features.fields, wrong)
        columns = {**raw, **plain}
        if self._checks is None:
            return self.score_columns(columns, raw)
        check_lengths(plain)
        rejected = self._checks.find_problems(plain, wrong)
        if not rejected:
            return self.score_columns(columns, raw)
        return score_others(self.score_columns, (columns, raw), rejected)

    def _raw_fields(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the fields that must be in a table beside the features', and those that are read if they are."""
        with self._models.lease() as model, self._models.lease_fallback() as other:
            wanted, more = model.raw_fields, () if other is None else other.raw_fields
        if self._arms is None:
            return wanted, more
        wanted = tuple(dict.fromkeys((*wanted, self._arms.router.field)))
        return wanted, tuple(dict.fromkeys((*more, *self._arms.raw_fields())))

    def score_columns(
        self, columns: Mapping[str, NDArray[Any]], exact: Mapping[str, NDArray[Any]] = _NOTHING
    ) -> PredictionBatch:
        """Do as ``score`` with arrays that are as features read them: times in ms, booleans as numbers.

        Args:
            columns: those that the features read, and the fields that the model reads raw.
            exact: fields again that are not exact in ``columns``: whole numbers where some are absent.
        """
        self._check_open()
        recorder = self._recorder
        if recorder is None:
            return self._score(columns, exact)
        recorder.begin(len(next(iter(columns.values()), ())))
        try:
            return self._score(columns, exact)
        finally:
            recorder.end()

    def _check_open(self) -> None:
        if self._is_closed:
            msg = "scorer: expected an open one, got one that was closed; score before its block is left"
            raise RuntimeError(msg)

    def _score(self, columns: Mapping[str, NDArray[Any]], exact: Mapping[str, NDArray[Any]]) -> PredictionBatch:
        start = self._clock()
        if self._stored is not None:
            columns = {**columns, **self._stored.join(columns, exact)}
        matrix = self._extract(columns)
        extracted = start if self._recorder is None else self._clock()
        inputs = Inputs(matrix, {**columns, **exact} if exact else columns)
        answers = self._answer(inputs) if len(matrix) else (ArmAnswer(self._ladder.nothing()),)
        latency_us = (self._clock() - start) // 1000
        batch = PredictionBatch(answers, matrix, latency_us)
        if self._recorder is not None and len(matrix):
            extraction_s = (extracted - start) * 1e-9
            self._recorder.computed(len(matrix), extraction_s)
            for each in answers:
                rows = matrix if each.rows is None else matrix[each.rows]
                latency_s = latency_us * 1e-6 if each.arm is None else extraction_s + each.seconds
                self._recorder.scored(rows, each.answer, latency_s)
            if self._arms is not None:
                self._arms.record(answers, extraction_s)
        return batch

    def _answer(self, inputs: Inputs) -> tuple[ArmAnswer, ...]:
        """Return the answers of all models to one row or more."""
        if self._arms is not None:
            return self._arms.score(inputs)
        answer = self._ladder.score(inputs)
        self._ladder.observe(inputs, answer)
        return (ArmAnswer(answer),)

    def _extract(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        try:
            matrix: NDArray[Any] = self.features.transform(columns)
        except Exception:
            if self._recorder is not None:
                self._recorder.extraction_failed()
            raise
        if self._recorder is not None:
            self._recorder.extracted(columns, matrix)
        return matrix if self._picked is None else np.ascontiguousarray(matrix[:, self._picked])

    def close(self) -> None:
        """End the idle threads; the caller closes the model source."""
        self._is_closed = True
        if self._stored is not None:
            self._stored.close()
        self._ladder.close()
        if self._arms is not None:
            self._arms.close()
