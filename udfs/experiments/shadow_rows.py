"""Rows that shadows score, as bytes: features and fields as models take them, and the answers that the rows got.

A single row is JSON, which takes a tenth of the time; several are columns. Both say what they hold, as the sender and
the reader find out for themselves which fields models read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from state.sql import SqlColumns
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
            return cls._from_json(data)
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

    @classmethod
    def _from_json(cls, data: bytes) -> ShadowRows:
        said = orjson.loads(data)
        arm, prediction, label, version = said["answer"]
        kinds = tuple((name, kind) for name, kind in said["kinds"])
        fields = {name: _column(kind, value) for (name, kind), value in zip(kinds, said["fields"], strict=True)}
        return cls(
            said["sent"],
            np.array([arm]),
            np.array([prediction], np.float64),
            _object(label),
            _object(version),
            np.frombuffer(bytes.fromhex(said["matrix"]), "<f4").reshape(1, -1),
            kinds,
            fields,
        )


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


def joined_rows(batches: Iterable[ShadowRows], most: int) -> list[ShadowRows]:
    """Return the rows of batches in their order as fewer ones, of at most so many rows where a batch has not more.

    Rows of one batch have the same fields and as many features; the time of the earliest answer is that of sending.
    """
    made: list[list[ShadowRows]] = []
    for batch in batches:
        last = made[-1] if made else []
        is_alike = bool(last) and (last[0].kinds, last[0].matrix.shape[1]) == (batch.kinds, batch.matrix.shape[1])
        if is_alike and sum(map(len, last)) + len(batch) <= most:
            last.append(batch)
        else:
            made.append([batch])
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


def _column(kind: str, value: Any) -> NDArray[Any]:
    if kind == "DOUBLE":
        return np.array([value], np.float64)
    return np.array([int(value)]) if kind == "BIGINT" and value is not None else _object(value)


def _object(value: Any) -> NDArray[np.object_]:
    made = np.empty(1, dtype=object)
    made[0] = value
    return made
