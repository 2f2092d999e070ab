"""Outcomes of a join as parts, by the output that they leave by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from state.labels.outcomes import Outcome, OutcomeKind
from state.labels.packed_rows import PackedRows
from state.sliding.rows import Column
from state.sql import SqlColumns
from udfs.labels.row_packing import RowPacking
from udfs.labels.settings import AGE, LabelSettings
from udfs.windows.parts import Block, PartFormat, Values
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

SideOutput = Literal["repeated", "orphan", "duplicate", "late"]
SIDE_OUTPUTS: tuple[SideOutput, ...] = get_args(SideOutput)
"""Repeated predictions, and labels without a prediction, after its first label, and after it expired."""

OutcomeName = Literal["matched", "negative", "unlabelled", SideOutput]
OUTCOMES: tuple[OutcomeName, ...] = ("matched", "negative", "unlabelled", *SIDE_OUTPUTS)
"""The first three leave by the main output."""

_SIDE_OF: Mapping[OutcomeKind, SideOutput] = {name: name for name in SIDE_OUTPUTS}


class Left(NamedTuple):
    """Rows that left a join.

    Attributes:
        outcome: name of their outcome.
        output: their output; None: the main one.
        rows: number of them, at least one.
        part: the rows.
    """

    outcome: OutcomeName
    output: SideOutput | None
    rows: int
    part: bytes


class LabelParts:
    """Parts with what leaves a join.

    Args:
        settings: settings of the join.
    """

    def __init__(self, settings: LabelSettings) -> None:
        self._settings = settings
        self._formats = {side: PartFormat(output_columns(settings, side)) for side in (None, *SIDE_OUTPUTS)}
        self._of_predictions, self._of_labels = RowPacking(settings.predictions), RowPacking(settings.labels)
        self._others = settings.labels.others

    def left(self, outcome: Outcome) -> Left:
        """Return the rows of an outcome as a part."""
        side = _SIDE_OF.get(outcome.kind)
        if side is None:
            name, columns = self._labelled(outcome)
            return Left(name, None, len(outcome), self._formats[None].encode(Block(columns, len(outcome))))
        is_prediction = outcome.predictions is not None
        packing = self._of_predictions if is_prediction else self._of_labels
        rows = outcome.predictions if is_prediction else outcome.labels
        assert rows is not None
        return Left(side, side, len(rows), self._formats[side].encode(Block(packing.unpack(rows), len(rows))))

    def _labelled(self, outcome: Outcome) -> tuple[OutcomeName, dict[str, Values]]:
        predictions = outcome.predictions
        assert predictions is not None
        size = len(predictions)
        columns = self._of_predictions.unpack(predictions)
        name: OutcomeName
        if outcome.labels is not None:
            name, ages = "matched", Column(outcome.ages_ms)
            labels = self._of_labels.unpack(outcome.labels)
            columns.update((column, labels[column]) for column, _ in self._others)
        elif outcome.kind == "expired" and self._settings.negative is not None:
            name, ages = "negative", Column(np.full(size, self._settings.times.label_ttl_ms))
            columns.update(self._negatives(predictions))
        else:
            name, ages = "unlabelled", Column(np.zeros(size, np.int64), np.ones(size, np.bool_))
            columns.update((column, _repeated(None, kind, size)) for column, kind in self._others)
        return name, columns | {AGE[0][0]: ages, AGE[1][0]: _repeated(name, "STRING", size)}

    def _negatives(self, predictions: PackedRows) -> dict[str, Values]:
        """Return the label's columns of predictions that none came for."""
        settings, size = self._settings, len(predictions)
        columns = {name: _repeated(None, kind, size) for name, kind in self._others}
        columns[settings.labels.time] = Column(settings.times.predictions_due(predictions.times))
        columns[settings.label] = _repeated(settings.negative, dict(self._others)[settings.label], size)
        return columns


def output_columns(settings: LabelSettings, side: SideOutput | None) -> SqlColumns:
    """Return the columns of the parts of an output; None: the main one."""
    if side is None:
        return settings.columns
    return settings.predictions.columns if side == "repeated" else settings.labels.columns


def outcome_of(block: Block) -> str:
    """Return the outcome of a part of the main output, whose rows all have the same one."""
    outcome = block[AGE[1][0]]
    assert isinstance(outcome, Texts)
    return outcome.data[: outcome.lengths[0]].tobytes().decode()


def _repeated(value: Any, kind: str, size: int) -> Values:
    """Return a column of one value; None is NULL."""
    nulls = np.ones(size, np.bool_) if value is None else None
    if kind == "DOUBLE":
        return Column(np.full(size, np.nan if value is None else value, np.float64))
    if kind not in ("STRING", "BYTES"):
        return Column(np.zeros(size, np.int64), nulls)
    text = b"" if value is None else value.encode("utf-8", "surrogatepass")
    ends: NDArray[np.int64] = np.arange(1, size + 1) * len(text)
    return Texts(np.frombuffer(text * size, np.uint8), ends, nulls)
