"""Blocks of columns as the rows that a join keeps, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.labels.packed_rows import NULLS, TIME, PackedRows, RowShape
from state.sliding.rows import Column
from udfs.labels.settings import JoinSide
from udfs.windows.parts import Block, Values
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXTS = ("STRING", "BYTES")
_BITS = 63  # of a number, the sign left out


class RowPacking:
    """Rows of these columns: the time, bits of NULL values with the id's first, then all other columns.

    Args:
        side: the columns.

    Attributes:
        shape: of a row.
    """

    def __init__(self, side: JoinSide) -> None:
        self._side = side
        self._names = (side.id, *(name for name, _ in side.others))
        kinds = dict(side.columns)
        self._words = -(-len(self._names) // _BITS)
        numbers = [name for name in self._names if kinds[name] not in _TEXTS and name != side.time]
        self._numbers = {name: NULLS + self._words + place for place, name in enumerate(numbers)}
        self._numbers[side.time] = TIME
        self._texts = tuple(name for name in self._names if kinds[name] in _TEXTS)
        self._doubles = frozenset(name for name, kind in side.columns if kind == "DOUBLE")
        self.shape = RowShape(NULLS + self._words + len(numbers), len(self._texts), self._numbers.get(side.id))

    def pack(self, block: Block) -> PackedRows:
        """Return a block as rows."""
        numbers = np.empty((len(block), self.shape.numbers), np.int64)
        numbers[:, NULLS : NULLS + self._words] = 0
        for name, column in self._numbers.items():
            numbers[:, column] = block.numbers(name).values.view(np.int64)
        for place, name in enumerate(self._names):
            nulls = block[name].nulls
            if nulls is not None:
                numbers[:, NULLS + place // _BITS] |= nulls.astype(np.int64) << place % _BITS
        texts = [block[name] for name in self._texts]
        lengths = np.empty((len(block), len(texts)), np.int64)
        data = []
        for place, values in enumerate(texts):
            assert isinstance(values, Texts)
            lengths[:, place] = values.lengths
            data.append(values.data)
        return PackedRows(numbers, lengths, tuple(data))

    def unpack(self, rows: PackedRows) -> dict[str, Values]:
        """Return rows as columns."""
        found: dict[str, Values] = {}
        words = rows.numbers[:, NULLS : NULLS + self._words]
        has_nulls = bool(words.any())
        for place, name in enumerate(self._names):
            nulls = _nulls(words, place) if has_nulls else None
            if name in self._numbers:
                values = np.ascontiguousarray(rows.numbers[:, self._numbers[name]])
                found[name] = Column(values.view(np.float64) if name in self._doubles else values, nulls)
            else:
                text = self._texts.index(name)
                found[name] = Texts(rows.data[text], rows.lengths[:, text].cumsum(), nulls)
        return found


def _nulls(words: NDArray[np.int64], place: int) -> NDArray[np.bool_] | None:
    """Return which values of a column are NULL; None: none is."""
    nulls = (words[:, place // _BITS] >> place % _BITS & 1).astype(np.bool_)
    return nulls if nulls.any() else None
