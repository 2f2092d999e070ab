"""A column of the rows that a job writes, and the sources that its value can come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class EventField:
    """The field of the event that has a role; NULL where the job's events have no such field."""

    role: Literal["id", "time", "key", "label"]


@dataclass(frozen=True)
class CarriedField:
    """The field of the event that has a name."""

    name: str


@dataclass(frozen=True)
class StepColumn:
    """A column that a step of the pipeline adds to every row."""

    name: str


@dataclass(frozen=True)
class RecordColumn:
    """A column of the Kafka record that the event came in; NULL where events come from files."""

    name: str


@dataclass(frozen=True)
class ExperimentColumn:
    """A column that the scoring of experiments adds; NULL where the job takes part in none."""

    name: str


@dataclass(frozen=True)
class Expression:
    """An SQL expression; ``{name}`` is replaced by the insert's value of that name."""

    sql: str


@dataclass(frozen=True)
class FirstOf:
    """The first of several sources that is not NULL."""

    sources: tuple[EventField | StepColumn | RecordColumn, ...]


Source = EventField | CarriedField | StepColumn | ExperimentColumn | RecordColumn | Expression | FirstOf


@dataclass(frozen=True)
class Column:
    """A column of rows that a job writes.

    Attributes:
        name: in files and topics.
        kind: SQL type: ``STRING``, ``DOUBLE``, ``BIGINT``, ``INT``, ``BOOLEAN``, ``TIMESTAMP_LTZ(3)``,
            ``ARRAY<DOUBLE>`` or that of a decimal.
        source: source of the value.
        meaning: one sentence for readers of the rows.
    """

    name: str
    kind: str
    source: Source
    meaning: str
