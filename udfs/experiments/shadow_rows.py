"""Rows that shadows score, as bytes: features and fields as models take them, and the answers that the rows got.

A single row is JSON, which takes a tenth of the time; several are columns. Both say what they hold, as the sender and
the reader find out for themselves which fields models read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from state.sql import SqlColumns
from udfs.columns.coded import objects
from udfs.windows.parts import Block, PartFormat
from udfs.windows.texts import Texts

# The time comes with its highest byte first, which is never that of a JSON object.
_HEAD = struct.Struct(">qI")
_ANSWER: SqlColumns = (("__arm", "BIGINT"), ("__prediction", "DOUBLE"), ("__label", "STRING"), ("__version", "STRING"))
_MATRIX = "__matrix"
_JSON = b"{"


class ShadowAnswer(NamedTuple):
    """Answer to a row.

    Attributes:
        arm: place of the arm that answered.
        prediction: the answer.
        label: text; None where the model has no classes.
        version: version that answered.
    """

    arm: int
    prediction: float
    label: str | None
    version: str


@dataclass(frozen=True)
class ShadowRows:
    """Rows of a batch whose experiments have shadows.

    Attributes:
        sent_ms: when the rows were answered, ms since 1970.
        arms: (n,) places of the arms that answered.
        predictions: (n,) the answers.
        labels: (n,) text; None where the model has no classes.
        versions: (n,) versions that answered.
        matrix: features, float32 (n, k).
        kinds: name and SQL type of each field.
        fields: fields of the events, (n,) each; whole numbers next to absent ones as objects.
    """

    sent_ms: int
    arms: NDArray[np.int64]
    predictions: NDArray[np.float64]
    labels: NDArray[np.object_]
    versions: NDArray[np.object_]
    matrix: NDArray[np.float32]
    kinds: SqlColumns
    fields: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.predictions)

    def to_bytes(self) -> bytes:
        """Return the rows as bytes."""
        if len(self) == 1:
            try:
                return self._to_json()
            except TypeError:
                # Half a character is no JSON.
                pass
        answer = {
            "__arm": self.arms,
            "__prediction": self.predictions,
            "__label": self.labels,
            "__version": self.versions,
        }
        block = PartFormat((*_ANSWER, *self.kinds)).block({**answer, **self.fields})
        data = np.ascontiguousarray(self.matrix, "<f4").view(np.uint8).reshape(-1)
        ends = np.arange(1, len(self) + 1, dtype=np.int64) * (4 * self.matrix.shape[1])
        kinds = orjson.dumps(self.kinds)
        whole = _format(kinds).encode(block.plus({_MATRIX: Texts(data, ends)}))
        return _HEAD.pack(self.sent_ms, len(kinds)) + kinds + whole

    def _to_json(self) -> bytes:
        answer = ShadowAnswer(int(self.arms[0]), float(self.predictions[0]), self.labels[0], self.versions[0])
        return row_to_json(self.sent_ms, answer, self.matrix, self.kinds, self.fields)

    @classmethod
    def from_bytes(cls, data: bytes) -> ShadowRows:
        """Return the rows of ``to_bytes``."""
        if data.startswith(_JSON):
            return next(_from_json([data], 1))
        sent_ms, size = _HEAD.unpack_from(data)
        begin = _HEAD.size + size
        whole = _format(data[_HEAD.size : begin])
        block = whole.decode(data[begin:])
        matrix = block.columns[_MATRIX]
        if not isinstance(matrix, Texts):
            raise TypeError(_MATRIX)
        kinds = whole.columns[len(_ANSWER) : -1]
        rest = Block({name: block[name] for name, _ in (*_ANSWER, *kinds)}, len(block))
        part = PartFormat((*_ANSWER, *kinds))
        columns = {**part.arrays(rest), **part.exact(rest)}
        arms, predictions, labels, versions = (columns.pop(name) for name, _ in _ANSWER)
        floats = matrix.data.view("<f4").reshape(len(block), -1)
        return cls(sent_ms, arms, predictions, labels, versions, floats, kinds, columns)


def row_to_json(
    sent_ms: int,
    answer: ShadowAnswer,
    matrix: NDArray[np.float32],
    kinds: SqlColumns,
    fields: Mapping[str, NDArray[Any]],
) -> bytes:
    """Return the only row of a batch as ``ShadowRows.from_bytes`` reads it.

    Args:
        sent_ms: when it was answered, ms since 1970.
        answer: its answer.
        matrix: its features, float32 (1, k).
        kinds: name and SQL type of each field.
        fields: fields of the event, (1,) each, and maybe others.

    Raises:
        TypeError: a text is half of a character, which is no JSON.
    """
    said = {
        "sent": sent_ms,
        "answer": tuple(answer),
        # JSON has no infinity.
        "matrix": matrix.astype("<f4", copy=False).tobytes().hex(),
        "kinds": kinds,
        "fields": [fields[name].tolist()[0] for name, _ in kinds],
    }
    return orjson.dumps(said)


def read_rows(batches: Iterable[bytes], most: int) -> list[ShadowRows]:
    """Return the rows of many batches in their order, joined as ``joined_rows`` does it.

    Single rows, of which a stream in the latency profile has thousands, are read together.
    """
    read: list[ShadowRows] = []
    for are_single, some in groupby(batches, lambda data: data.startswith(_JSON)):
        data = list(some)
        read.extend(_from_json(data, most) if are_single else map(ShadowRows.from_bytes, data))
    return joined_rows(read, most)


def joined_rows(batches: Iterable[ShadowRows], most: int) -> list[ShadowRows]:
    """Return the rows of batches in their order as fewer ones, of at most so many rows where a batch has not more.

    Rows of one batch have the same fields and as many features; the time of the earliest answer is that of sending.
    """
    made: list[list[ShadowRows]] = []
    size = 0
    for batch in batches:
        last = made[-1] if made else []
        is_alike = bool(last) and (last[0].kinds, last[0].matrix.shape[1]) == (batch.kinds, batch.matrix.shape[1])
        if is_alike and size + len(batch) <= most:
            last.append(batch)
            size += len(batch)
        else:
            made.append([batch])
            size = len(batch)
    return [_joined(each) if len(each) > 1 else each[0] for each in made]


def _joined(batches: Sequence[ShadowRows]) -> ShadowRows:
    first = batches[0]
    return ShadowRows(
        min(each.sent_ms for each in batches),
        np.concatenate([each.arms for each in batches]),
        np.concatenate([each.predictions for each in batches]),
        np.concatenate([each.labels for each in batches]),
        np.concatenate([each.versions for each in batches]),
        np.concatenate([each.matrix for each in batches]),
        first.kinds,
        {name: np.concatenate([each.fields[name] for each in batches]) for name, _ in first.kinds},
    )


@lru_cache(maxsize=16)
def _format(kinds: bytes) -> PartFormat:
    """Return the format of rows whose fields are listed in JSON."""
    return PartFormat((*_ANSWER, *((name, kind) for name, kind in orjson.loads(kinds)), (_MATRIX, "BYTES")))


def _from_json(batches: Sequence[bytes], most: int) -> Iterator[ShadowRows]:
    """Read single rows; those side by side with the same fields and as many features come together."""
    said = orjson.loads(b"[%b]" % b",".join(batches))
    for _, alike in groupby(said, lambda row: (row["kinds"], len(row["matrix"]))):
        while rows := list(islice(alike, most)):
            yield _together(rows)


def _together(rows: Sequence[Mapping[str, Any]]) -> ShadowRows:
    kinds = tuple((name, kind) for name, kind in rows[0]["kinds"])
    arms, predictions, labels, versions = zip(*(row["answer"] for row in rows), strict=True)
    fields = zip(*(row["fields"] for row in rows), strict=True)
    floats = np.frombuffer(bytes.fromhex("".join(row["matrix"] for row in rows)), "<f4")
    return ShadowRows(
        min(row["sent"] for row in rows),
        np.array(arms, np.int64),
        np.array(predictions, np.float64),
        objects(labels),
        objects(versions),
        floats.reshape(len(rows), len(rows[0]["matrix"]) // 8),
        kinds,
        {name: _column(kind, values) for (name, kind), values in zip(kinds, fields, strict=True)},
    )


def _column(kind: str, values: Sequence[Any]) -> NDArray[Any]:
    if kind == "DOUBLE":
        return np.array(values, np.float64)
    if kind != "BIGINT":
        return objects(values)
    whole = [None if value is None else int(value) for value in values]
    return objects(whole) if None in whole else np.array(whole, np.int64)
