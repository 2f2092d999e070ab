"""The join row by row, as one would write it with dictionaries, and rows for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from state.labels.outcomes import Outcome
from state.labels.packed_rows import PackedRows, RowShape
from state.labels.settings import JoinTimes
from state.labels.shard_rows import JoinShapes

LONGS = JoinShapes(RowShape(4, 1, 2), RowShape(4, 1, 2))
TEXTS = JoinShapes(RowShape(3, 2, None), RowShape(3, 2, None))


class Row(NamedTuple):
    number: int
    id: int | None
    time: int


Left = tuple[str, int | None, int | None]
"""Kind, number of the prediction and number of the label of what left."""


@dataclass
class Oracle:
    """Predictions and labels of one shard."""

    times: JoinTimes
    waiting: dict[int, Row] = field(default_factory=dict)
    early: dict[int, list[Row]] = field(default_factory=dict)
    left: dict[int, tuple[str, int]] = field(default_factory=dict)

    def predict(self, rows: list[Row]) -> list[Left]:
        return [outcome for row in sorted(rows, key=lambda row: row.time) for outcome in self._predict(row)]

    def label(self, rows: list[Row]) -> list[Left]:
        return [outcome for row in sorted(rows, key=lambda row: row.time) for outcome in self._label(row)]

    def advance(self, watermark: int) -> list[Left]:
        found: list[Left] = []
        for row in [row for row in self.waiting.values() if row.time + self.times.label_ttl_ms <= watermark]:
            found.append(("expired", row.number, None))
            self._leave(self.waiting.pop(row.id), "expired", [])
        for name, labels in list(self.early.items()):
            for row in [row for row in labels if row.time + self.times.early_ttl_ms <= watermark]:
                found.append(("orphan", None, row.number))
                labels.remove(row)
            if not labels:
                del self.early[name]
        self.left = {name: (kind, until) for name, (kind, until) in self.left.items() if until > watermark}
        return found

    @property
    def sizes(self) -> tuple[int, int]:
        return len(self.waiting), sum(map(len, self.early.values()))

    def _predict(self, row: Row) -> list[Left]:
        if row.id is None:
            return [("no_id", row.number, None)]
        if row.id in self.waiting or row.id in self.left:
            return [("repeated", row.number, None)]
        found: list[Left] = []
        labels = self.early.pop(row.id, [])
        while labels and self._fit(labels[0], row) != "fits":
            label = labels.pop(0)
            found.append(("late" if self._fit(label, row) == "late" else "orphan", None, label.number))
        if not labels:
            self.waiting[row.id] = row
            return found
        self._leave(row, "matched", labels)
        found.append(("matched", row.number, labels[0].number))
        return [*found, *(("duplicate", None, each.number) for each in labels[1:])]

    def _label(self, row: Row) -> list[Left]:
        if row.id is None:
            return [("orphan", None, row.number)]
        if row.id in self.waiting:
            how = self._fit(row, self.waiting[row.id])
            if how == "fits":
                prediction = self.waiting.pop(row.id)
                self._leave(prediction, "matched", [])
                return [("matched", prediction.number, row.number)]
            return [("late" if how == "late" else "orphan", None, row.number)]
        if row.id in self.left:
            return [("duplicate" if self.left[row.id][0] == "matched" else "late", None, row.number)]
        self.early.setdefault(row.id, []).append(row)
        return []

    def _fit(self, label: Row, prediction: Row) -> str:
        ttl, late = self.times.label_ttl_ms, self.times.late_ttl_ms
        if label.time < prediction.time - self.times.early_ttl_ms:
            return "early"
        if label.time <= prediction.time + ttl:
            return "fits"
        return "late" if label.time <= prediction.time + ttl + late else "beyond"

    def _leave(self, prediction: Row, kind: str, labels: list[Row]) -> None:
        own = prediction.time + self.times.label_ttl_ms + self.times.late_ttl_ms
        self.left[prediction.id] = kind, max([own, *(each.time + self.times.early_ttl_ms for each in labels)])


def packed(rows: list[Row], shapes: JoinShapes = LONGS) -> PackedRows:
    """Rows with their number as a number and as a text."""
    count, is_text = len(rows), shapes is TEXTS
    ids = [row.id or 0 for row in rows]
    numbers = [[row.time for row in rows], [int(row.id is None) for row in rows]]
    numbers += [[row.number for row in rows]] if is_text else [ids, [row.number for row in rows]]
    texts = [[str(row.number).encode() for row in rows]]
    if is_text:
        texts.insert(0, [b"" if row.id is None else b"i%d" % row.id for row in rows])
    lengths = np.array([[len(text) for text in column] for column in texts], np.int64).reshape(len(texts), count)
    data = tuple(np.frombuffer(b"".join(column), np.uint8) for column in texts)
    return PackedRows(np.array(numbers, np.int64).reshape(len(numbers), count).T, lengths.T, data)


def numbers_of(rows: PackedRows | None) -> list[int] | None:
    """The numbers of rows, which their texts tell, too."""
    if rows is None:
        return None
    ends = rows.lengths[:, -1].cumsum().tolist()
    data = rows.data[-1].tobytes()
    texts = [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    found = rows.numbers[:, -1].tolist()
    assert [int(text) for text in texts] == found
    return found


def left(outcomes: list[Outcome]) -> list[Left]:
    """Rows that left, by the oracle."""
    found: list[Left] = []
    for outcome in outcomes:
        nothing = [None] * len(outcome)
        predictions, labels = numbers_of(outcome.predictions) or nothing, numbers_of(outcome.labels) or nothing
        found += zip([outcome.kind] * len(outcome), predictions, labels, strict=True)
    return found
