"""Fields of an event (`job.events`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import FieldName, Flag, Name, Real, Whole

TimeUnit = Literal["s", "ms", "us", "ns", "iso"]
FieldType = Literal["long", "double", "decimal", "string", "boolean", "timestamp"]

_NUMBERS = ("long", "double", "decimal")
LABEL_TYPES = (*_NUMBERS, "boolean")
"""Types of a field with the truth."""


class FieldSettings(FrozenSettings):
    """One field of an event.

    Attributes:
        type: ``timestamp`` is ISO 8601 text, without a zone UTC, or a number since 1970 in its ``unit``. NaN in a
            Parquet file is an absent value; an infinite number is a dead letter.
        required: an event without the field is a dead letter; default true.
        source: dotted path to the field in the event; default: the field's name.
        unit: unit of a timestamp's numbers; ``iso`` takes text only. Default: milliseconds, and a number that only
            makes sense in another unit is a dead letter that says so; a file whose first rows have only such numbers is
            refused.
        scale: digits after the point, 0 to 9; for ``decimal``, which needs it. In units of its last digit the number
            is below 2**53 (for 2 digits 90 trillions): up to there sums are exact.
        min: smallest value allowed, in the field's unit; for numbers.
        max: largest value allowed, in the field's unit; for numbers.
    """

    type: FieldType
    required: Flag = True
    source: Name | None = None
    unit: TimeUnit | None = None
    scale: Whole | None = Field(default=None, ge=0, le=9)
    min: Real | None = None
    max: Real | None = None

    @property
    def kind(self) -> str:
        """The type, for a timestamp with its unit: what decides how values are read."""
        return self.type if self.unit is None else f"{self.type}:{self.unit}"

    @model_validator(mode="after")
    def _suits_its_type(self) -> Self:
        refusals = []
        if self.type == "decimal" and self.scale is None:
            refusals.append(Refusal("a scale of 0 to 9, which type decimal needs", ("scale",)))
        if self.type != "decimal" and self.scale is not None:
            refusals.append(Refusal("no scale, which only type decimal has", ("scale",)))
        if self.type != "timestamp" and self.unit is not None:
            refusals.append(Refusal("no unit, which only type timestamp has", ("unit",)))
        if self.type not in _NUMBERS:
            limits = {"min": self.min, "max": self.max}
            refusals.extend(
                Refusal(f"no {name}, which only numbers have", (name,))
                for name, limit in limits.items()
                if limit is not None
            )
        if self.min is not None and self.max is not None and self.min >= self.max:
            refusals.append(Refusal("a number over min", ("max",)))
        if refusals:
            raise validation_error(*refusals)
        return self


class EventSettings(FrozenSettings):
    """Fields of an event and the parts they play.

    Attributes:
        id: field that identifies events.
        key: field that events are partitioned by.
        time: field of type ``timestamp``: the event time.
        label: field with the truth, a number or boolean; default none.
        watermark_delay_ms: how far out of order events may come; YAML ``watermark_delay``, default 0s.
        allowed_lateness_ms: how far behind the watermark an event may still enter its windows, and be predicted; later
            ones are dead letters. Later events see it, earlier predictions stay as they are. Needs
            ``execution.windows: sliding``. YAML ``allowed_lateness``, default 0s.
        max_ahead_ms: how far an event's time may be ahead of the clock. An event beyond it is a dead letter, because
            its time would make all other events late, until the clock has caught up. YAML ``max_ahead``, default 5m:
            more than clocks of machines differ. With windows an event of Kafka is also held against the time of its
            record.
        max_jump_ms: how far ahead of all others an event of a file moves the watermark. One beyond it is scored, and
            moves the watermark once a second event is as far: a single wrong time does not make all others late. YAML
            ``max_jump``, default 1h.
        fields: settings by column name.
    """

    id: Name
    key: Name
    time: Name
    label: Name | None = None
    watermark_delay_ms: DurationMs = Field(default=0, alias="watermark_delay")
    allowed_lateness_ms: DurationMs = Field(default=0, alias="allowed_lateness")
    max_ahead_ms: DurationMs = Field(default=300_000, alias="max_ahead")
    max_jump_ms: DurationMs = Field(default=3_600_000, alias="max_jump")
    fields: Mapping[FieldName, FieldSettings]

    @model_validator(mode="after")
    def _parts_are_fields(self) -> Self:
        refusals = [
            *part_refusals(self.fields, "id", self.id),
            *part_refusals(self.fields, "key", self.key),
            *part_refusals(self.fields, "time", self.time, types=("timestamp",)),
            *part_refusals(self.fields, "label", self.label, types=LABEL_TYPES, is_required=False),
        ]
        if refusals:
            raise validation_error(*refusals)
        return self


def part_refusals(
    fields: Mapping[str, FieldSettings],
    part: str,
    name: str | None,
    *,
    types: tuple[str, ...] = (),
    is_required: bool = True,
) -> list[Refusal]:
    """Return why a field cannot play a part.

    Args:
        fields: settings by column name.
        part: setting that names the field.
        name: of the field; None: the part is left out.
        types: types that suit the part; none: all do.
        is_required: each row must have the field.
    """
    if name is None:
        return []
    field = fields.get(name)
    if field is None:
        return [Refusal("the name of a field", (part,), candidates=tuple(fields))]
    if types and field.type not in types:
        return [Refusal(f"a field of type {' or '.join(types)}", (part,))]
    if is_required and not field.required:
        return [Refusal("a field with required: true", (part,))]
    return []
