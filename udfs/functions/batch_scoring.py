"""Event columns to columns of predictions: the seam between what reads rows and what scores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from conf.experiments.experiment_choice import experiments_of, layer_of
from conf.model_choice import follows_registry
from conf.settings import JobSettings, MlSettings
from state.sql import SqlColumns
from udfs.columns.answer_columns import EXPERIMENT_COLUMNS, answer_columns
from udfs.columns.feature_texts import FEATURES_COLUMN, feature_texts
from udfs.columns.repeated import repeated
from udfs.columns.side_columns import side_columns
from udfs.columns.top_classes import TOP_CLASSES_COLUMN, top_classes
from udfs.dead_letters import Problem
from udfs.experiments.arms import Arms
from udfs.experiments.open_arms import ArmModels, answering_arms
from udfs.experiments.router import Arm, Router
from udfs.experiments.shadow_sender import shadow_fields
from udfs.experiments.watched_weights import open_weights
from udfs.experiments.weights import WeightSource
from udfs.feature_store.lookups.open_join import open_join
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.feature_store.publisher import Publisher, open_publisher, publish_fields
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.batch_sides import BatchSides, drift_label
from udfs.functions.compute_features import feature_inputs
from udfs.functions.parse_lines import event_columns
from udfs.functions.vector_function import NO_COLUMNS, Columns
from udfs.learning.sender import sample_fields
from udfs.logs import set_up_logs
from udfs.metrics.experiments import ExperimentRecorder
from udfs.metrics.exporter import export_metrics
from udfs.metrics.scores import ScoreLabels, ScoreRecorder
from udfs.rows import prediction_row, step_columns
from udfs.scoring.ladder import Ladder
from udfs.scoring.ladder_options import ladder_options
from udfs.scoring.log import FallbackLog
from udfs.scoring.scorer import Scorer
from udfs.verdicts.sender import outcome_fields

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
        experiments = experiments_of(ml, job.inference.model_name)
        self._router = Router(experiments, job.events, layer_of(ml, experiments)) if experiments else None
        self._weights: WeightSource | None = None
        self._models: ArmModels | None = None
        self._recorder: ScoreRecorder | None = None
        self._stored: StoredJoin | None = None
        self._publisher: Publisher | None = None

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
        readers = (shadow_fields, outcome_fields, sample_fields, publish_fields)
        others = tuple(name for fields_of in readers for name in fields_of(self._job, ml))
        kinds = dict(event_columns(events))
        wanted: dict[str | None, bool] = {
            events.time: bool(ml.metrics.port) or ml.drift.enabled or bool(others),
            drift_label(self._job): ml.drift.enabled,
            None if self._router is None else self._router.field: True,
            **dict.fromkeys((*(self._raw or ()), *others), True),
        }
        known = {name for name, _ in inputs}
        more = (name for name, is_wanted in wanted.items() if is_wanted and name is not None and name not in known)
        return *inputs, *((name, kinds[name]) for name in more)

    @property
    def outputs(self) -> SqlColumns:
        """The prediction, its experiment and features where the job has them, and what other steps get."""
        return (
            *step_columns(prediction_row()),
            *(EXPERIMENT_COLUMNS if self._router is not None else ()),
            *((TOP_CLASSES_COLUMN,) if self._job.sink.top_classes else ()),
            *((FEATURES_COLUMN,) if self._job.sink.features else ()),
            *side_columns(self._job, self._ml),
        )

    def open(self) -> None:
        """Load the model."""
        set_up_logs(self._ml.logs)
        export_metrics(self._job.name, self._ml.metrics)
        inference, router = self._job.inference, self._router
        arms = () if router is None else answering_arms(self._ml, inference, router.arms)
        if router is not None:
            self._weights = open_weights(self._ml, experiments_of(self._ml, inference.model_name))
            router.follow(self._weights)
        try:
            self._stored = open_join(
                self._ml.feature_store, self.features, self._job.name, has_metrics=bool(self._ml.metrics.port)
            )
            self._publisher = open_publisher(self._job, self._ml, self.features)
            models = ArmModels(self._ml, inference, self.features, arms, self._job.name)
            own = models.own()
        except BaseException:
            self.close()
            raise
        self._models = models
        given = inference.feature_fields or self.features.columns
        self._recorder = self._open_recorder(given) if self._ml.metrics.port else None
        if self._recorder is not None:
            with own.lease() as model:
                self._recorder.serves(model.spec)
        self._sides = BatchSides(self._job, self._ml, self.features, router)
        self.scorer = Scorer(
            self.features,
            own,
            fields=inference.feature_fields,
            arms=None if router is None else self._open_arms(router, self._models),
            ladder=ladder_options(self._ml, inference),
            listener=FallbackLog(self._job.name),
            recorder=self._recorder,
        )

    def _open_arms(self, router: Router, models: ArmModels) -> Arms:
        options, listener = ladder_options(self._ml, self._job.inference), FallbackLog(self._job.name)
        ladders: dict[Arm | None, Ladder] = {None: Ladder(models.own(), options, listener)}
        for arms, source in models.sources():
            ladders |= dict.fromkeys(arms, Ladder(source, options, listener))
        recorder = ExperimentRecorder(self._job.name, router.arms) if self._ml.metrics.port else None
        return Arms(router, ladders, recorder)

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
        if self._stored is not None:
            columns = {**columns, **self._stored.join(columns, exact)}
        if self._publisher is not None:
            self._publisher.begin(columns, exact)
        predictions = self.scorer.score_columns(columns, exact)
        size = len(predictions.prediction)
        if self._recorder is not None:
            self._recorder.dead(rejected)
            self._recorder.dead(predictions.problems)
            if size:
                self._recorder.left(columns[self._job.events.time], predictions.problems)
        rows = answer_columns(predictions, self.features.hash, has_experiments=self._router is not None)
        if self._job.sink.top_classes:
            rows[TOP_CLASSES_COLUMN[0]] = top_classes(predictions, self._job.sink.top_classes)
            rows["__scores"] = repeated(None, size)
        if self._job.sink.features:
            rows[FEATURES_COLUMN[0]] = feature_texts(predictions.matrix)
        rows |= self._sides.take(predictions, columns, exact)
        if self._publisher is not None:
            self._publisher.settle()
        return predictions.problems, rows

    def close(self) -> None:
        """Let the model go, where there is one."""
        if self._models is not None:
            self.scorer.close()
            self._models.close()
        if self._weights is not None:
            self._weights.close()
        if self._stored is not None:
            self._stored.close()
        if self._publisher is not None:
            self._publisher.close()
        if self._recorder is not None:
            self._recorder.close()

    def _open_recorder(self, columns: tuple[str, ...]) -> ScoreRecorder:
        inference = self._job.inference
        follows = "registry" if follows_registry(self._ml, inference) else "settings"
        names = ScoreLabels(self._job.name, inference.model_name, inference.output_field, columns, follows)
        return ScoreRecorder(names, self.features, self._ml.metrics.input_rows)
