"""Outcomes that come later than their events, in a stream of their own (`job.labels`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.events import LABEL_TYPES, FieldSettings, part_refusals
from conf.kafka import KafkaSourceSettings
from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs, PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import FieldName, Name, Real

ID_TYPES = ("long", "string")


class LabelsSettings(FrozenSettings):
    """Labels of predictions, and how long both sides wait for each other, in event time.

    Attributes:
        kafka: topics that labels come from; this or ``path``.
        path: file, folder or pattern of labels, in the formats of ``--input``; this or ``kafka``.
        id: field with the id of the event that a label is of, ``long`` or ``string`` as the event's own.
        time: field of type ``timestamp``: when the label was known.
        label: field with the truth, a number or boolean.
        ttl_ms: how long after its event a label may come; YAML ``ttl``, default 7d. State is held for so long.
        early_ms: how long a label waits for its prediction; YAML ``early``, default 1d.
        late_ms: for how long after ``ttl`` a label is told to be late or a duplicate; after that it is one without a
            prediction. YAML ``late``, default 0s.
        watermark_delay_ms: how far out of order labels may come; YAML ``watermark_delay``, default 0s.
        missing_label: label of a prediction that none came for within ``ttl``, such as 0 where only positives are
            reported; default none = it has no part in metrics that need a label.
        fields: settings by column name.
    """

    kafka: KafkaSourceSettings | None = None
    path: Name | None = None
    id: Name
    time: Name
    label: Name
    ttl_ms: PositiveDurationMs = Field(default=604_800_000, alias="ttl")
    early_ms: DurationMs = Field(default=86_400_000, alias="early")
    late_ms: DurationMs = Field(default=0, alias="late")
    watermark_delay_ms: DurationMs = Field(default=0, alias="watermark_delay")
    missing_label: Real | None = None
    fields: Mapping[FieldName, FieldSettings]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = list(self._refused())
        if refusals:
            raise validation_error(*refusals)
        return self

    def _refused(self) -> Iterator[Refusal]:
        if (self.kafka is None) == (self.path is None):
            expected = "either kafka or path, where labels come from"
            yield Refusal(expected, () if self.kafka is None else ("path",))
        yield from part_refusals(self.fields, "id", self.id, types=ID_TYPES)
        yield from part_refusals(self.fields, "time", self.time, types=("timestamp",))
        yield from part_refusals(self.fields, "label", self.label, types=LABEL_TYPES)
