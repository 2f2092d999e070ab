"""Settings of a label join: the columns of its sides, and the waits of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.labels.settings import JoinTimes
from state.sql import SqlColumns

if TYPE_CHECKING:
    from typing import TypeAlias

Default: TypeAlias = "float | str"

AGE: SqlColumns = (("__age_ms", "BIGINT"), ("__outcome", "STRING"))
"""Label time less prediction time, NULL without a label; ``matched``, ``negative`` or ``unlabelled``."""

_KINDS = ("BIGINT", "INT", "DOUBLE", "STRING", "BYTES")
_ID_KINDS = ("BIGINT", "STRING")
_LABEL_KINDS = {"DOUBLE": (float, int), "STRING": (str,)}


@dataclass(frozen=True)
class JoinSide:
    """Columns of predictions, or of labels.

    Attributes:
        columns: name and SQL type of each.
        id: name of the id, a BIGINT or a STRING.
        time: name of the event time in epoch milliseconds, a BIGINT that is never NULL.

    Raises:
        ValueError: a column has another type, or there is none of that name.
    """

    columns: SqlColumns
    id: str
    time: str

    def __post_init__(self) -> None:
        for name, kind in self.columns:
            if kind not in _KINDS:
                msg = f"labels: column {name!r}: expected a type of {', '.join(_KINDS)}, got {kind}"
                raise ValueError(msg)
        for name, kinds in ((self.id, _ID_KINDS), (self.time, ("BIGINT",))):
            found = dict(self.columns).get(name)
            if found not in kinds:
                msg = f"labels: column {name!r}: expected {' or '.join(kinds)}, got {found or 'no such column'}"
                raise ValueError(msg)

    @property
    def id_kind(self) -> str:
        """SQL type of the id."""
        return dict(self.columns)[self.id]

    @property
    def others(self) -> SqlColumns:
        """Columns beside the id."""
        return tuple(column for column in self.columns if column[0] != self.id)


@dataclass(frozen=True)
class LabelSettings:
    """Settings of a label join.

    Attributes:
        predictions: the predictions.
        labels: the labels, whose columns beside the id have other names than those of predictions.
        label: name of the label among their columns, a DOUBLE or a STRING.
        times: how long rows wait.
        negative: label of predictions that none came for; None: they leave without one.

    Raises:
        ValueError: the sides do not fit each other, or the negative label does not fit the column.
    """

    predictions: JoinSide
    labels: JoinSide
    label: str
    times: JoinTimes
    negative: Default | None = None

    def __post_init__(self) -> None:
        if self.predictions.id_kind != self.labels.id_kind:
            msg = f"labels: expected ids of one type, got {self.predictions.id_kind} and {self.labels.id_kind}"
            raise ValueError(msg)
        taken = {name for name, _ in (*self.predictions.columns, *AGE)}
        doubled = [name for name, _ in self.labels.others if name in taken]
        if doubled:
            msg = f"labels: columns {', '.join(doubled)} are those of predictions, too; rename them in the labels"
            raise ValueError(msg)
        kind = dict(self.labels.columns).get(self.label)
        if kind not in _LABEL_KINDS:
            msg = f"labels: column {self.label!r}: expected DOUBLE or STRING, got {kind or 'no such column'}"
            raise ValueError(msg)
        if self.negative is not None and not isinstance(self.negative, _LABEL_KINDS[kind]):
            msg = f"labels: negative: expected a label of type {kind}, got {self.negative!r}"
            raise ValueError(msg)

    @property
    def columns(self) -> SqlColumns:
        """Columns of predictions that leave with or without a label: theirs, the label's beside its id, the age."""
        return *self.predictions.columns, *self.labels.others, *AGE
