"""One job: its events, features and model call (`job:`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.events import LABEL_TYPES, EventSettings
from conf.experiments.evaluation import RANK_MEASURES, EvaluationSettings
from conf.kafka import SinkSettings, SourceSettings
from conf.labels import LabelsSettings
from conf.learning.learning import LearningSettings
from conf.ml import MlInferenceSettings
from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.refusal import Refusal, repeated_names, validation_error
from conf.types.scalars import BatchSize, Column, Name, Real, Segment, VersionOrPrimary, Whole


class FeatureSpec(FrozenSettings):
    """One feature of a feature set; the compiler of the feature set checks its type and parameters.

    Attributes:
        name: unique in the set.
        type: row of the feature table, such as ``numerical``.
        source: event field that the feature reads, as a dotted path.
        output: column that the feature makes; default: the feature's name.
        parameters: parameters of the type, by the type's own names.
    """

    name: Column
    type: Name
    source: Name | None = None
    output: Column | None = None
    parameters: Mapping[str, Any] = Field(default_factory=dict)


class FeatureSetSettings(FrozenSettings):
    """An ordered list of features; the model's columns have the same order.

    Attributes:
        name: name of the set, as it stands in predictions and metrics.
        specs: the features, at least one.
    """

    name: Name
    specs: tuple[FeatureSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        refusals = repeated_names([spec.name for spec in self.specs], within="specs")
        if refusals:
            raise validation_error(*refusals)
        return self


class InferenceSettings(FrozenSettings):
    """Model call of this job; a setting left out takes its value from `ml.inference`.

    Attributes:
        model_name: model in the registry or in `ml.models`.
        model_version: version to score with; default empty = the deployed primary.
        batch_size: rows of one model call, ``auto`` or >= 1.
        batch_timeout_ms: longest wait for a batch to fill; YAML ``batch_timeout``.
        max_concurrency: batches in flight, >= 1.
        feature_fields: columns that the model gets; default none = all of the feature set.
        output_field: column of the answer; default ``prediction``.
        alert_threshold: a score over it is an alert; default none = no alerts.
        fallback_version: version that scores the rows on which a pinned ``model_version`` fails; default empty = none.
            Without a pin the deployed previous version does this.
        default_prediction: prediction of an event that no model scores; default none = such an event is a dead letter.
    """

    model_name: Segment
    model_version: VersionOrPrimary = ""
    batch_size: BatchSize = "auto"
    batch_timeout_ms: PositiveDurationMs = Field(default=10, alias="batch_timeout")
    max_concurrency: Whole = Field(default=10, ge=1)
    feature_fields: tuple[Name, ...] = ()
    output_field: Column = "prediction"
    alert_threshold: Real | None = None
    fallback_version: VersionOrPrimary = ""
    default_prediction: Real | None = None

    @model_validator(mode="after")
    def _fields_are_unique(self) -> Self:
        names = self.feature_fields
        refusals = [
            Refusal("each column once", ("feature_fields", index))
            for index, name in enumerate(names)
            if name in names[:index]
        ]
        if refusals:
            raise validation_error(*refusals)
        return self

    def with_defaults(self, defaults: MlInferenceSettings) -> InferenceSettings:
        """Return these settings, with those left out taken from ``defaults``."""
        inherited = {
            "batch_size": defaults.default_batch_size,
            "batch_timeout_ms": defaults.default_batch_timeout_ms,
            "max_concurrency": defaults.max_concurrency,
        }
        left_out = {name: value for name, value in inherited.items() if name not in self.model_fields_set}
        return self.model_copy(update=left_out)


class JobSettings(FrozenSettings):
    """One job.

    Attributes:
        name: name of the job, also in its Kafka group and its metrics.
        source: where events come from.
        events: fields and roles of an event.
        labels: outcomes that come later, in a stream of their own; default none.
        features: features that are computed from it.
        inference: which model scores it, and how.
        learning: how a model learns from its outcomes, where ``ml.online_learning`` is enabled; default: a logistic
            regression.
        sink: where rows go.
        evaluation: measures and baselines at the end of a run; default none.
    """

    name: Segment
    source: SourceSettings = SourceSettings()
    events: EventSettings
    labels: LabelsSettings | None = None
    features: FeatureSetSettings
    inference: InferenceSettings
    learning: LearningSettings | None = None
    sink: SinkSettings = SinkSettings()
    evaluation: EvaluationSettings | None = None

    @property
    def has_topics(self) -> bool:
        """Whether its settings name topics that it reads or writes."""
        of_labels = None if self.labels is None else self.labels.kafka
        return any(each is not None for each in (self.source.kafka, self.sink.kafka, of_labels))

    @property
    def carried(self) -> tuple[str, ...]:
        """Fields that predictions carry: those of the sink, then those that hold answers of baselines."""
        baselines = () if self.evaluation is None else self.evaluation.baselines
        return tuple(dict.fromkeys((*self.sink.fields, *(each.field for each in baselines))))

    @model_validator(mode="after")
    def _carried_are_fields(self) -> Self:
        names, known = self.sink.fields, self.events.fields
        refusals = [
            Refusal("the name of an event field", ("sink", "fields", index), candidates=tuple(known))
            if name not in known
            else Refusal("each field once", ("sink", "fields", index))
            for index, name in enumerate(names)
            if name not in known or name in names[:index]
        ]
        if refusals:
            raise validation_error(*refusals)
        return self

    @model_validator(mode="after")
    def _baselines_are_numbers(self) -> Self:
        if self.evaluation is None:
            return self
        refusals = []
        if self.events.label is None:
            refusals.append(Refusal("a field with the truth, which job.evaluation asks for", ("events", "label")))
        numbers = tuple(name for name, field in self.events.fields.items() if field.type in LABEL_TYPES)
        refusals += [
            Refusal(
                "the name of an event field of numbers", ("evaluation", "baselines", index, "field"), candidates=numbers
            )
            for index, each in enumerate(self.evaluation.baselines)
            if each.field not in numbers
        ]
        if not self.sink.top_classes and set(RANK_MEASURES) & set(self.evaluation.measures):
            refusals.append(Refusal("1 or more, which recall and ndcg rank the truth among", ("sink", "top_classes")))
        if refusals:
            raise validation_error(*refusals)
        return self

    @model_validator(mode="after")
    def _labels_have_ids_of_events(self) -> Self:
        if self.labels is None:
            return self
        own, of_labels = self.events.fields[self.events.id].type, self.labels.fields[self.labels.id].type
        if own != of_labels:
            at, against = ("labels", "id"), (("events", "id"),)
            raise validation_error(Refusal(f"a field of type {own}, as the events' id", at, against=against))
        return self

    @model_validator(mode="after")
    def _alerts_have_a_topic(self) -> Self:
        kafka = self.sink.kafka
        if kafka is not None and kafka.alerts is None and self.inference.alert_threshold is not None:
            expected = "the topic of alerts, which job.inference.alert_threshold asks for"
            raise validation_error(Refusal(expected, ("sink", "kafka", "alerts")))
        return self
