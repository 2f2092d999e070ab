"""Texts and other bytes of a column, end to end, without a Python object a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Texts:
    """The bytes of ``n`` values.

    Attributes:
        data: bytes of all values, ``uint8``.
        ends: where each value ends, ``(n,)`` int64.
        nulls: rows without a value, whose bytes are none; None: there is none.
    """

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    nulls: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each value."""
        return np.diff(self.ends, prepend=0)

    def take(self, places: NDArray[Any]) -> Texts:
        """Return the values at some places, in that order."""
        lengths = self.lengths.take(places)
        ends = lengths.cumsum()
        # Byte b of a value is at its start in the old data plus b: its place in the new data, moved by a constant.
        moved = np.repeat(self.ends.take(places) - ends, lengths)
        data = self.data.take(moved + np.arange(len(moved)))
        return Texts(data, ends, None if self.nulls is None else self.nulls.take(places))

    def tolist(self, *, is_text: bool = True) -> list[Any]:
        """Return the values as Python objects."""
        data, begin = self.data.tobytes(), 0
        found: list[Any] = []
        missing = None if self.nulls is None else self.nulls.tolist()
        for i, end in enumerate(self.ends.tolist()):
            value = data[begin:end]
            begin = end
            if missing is not None and missing[i]:
                found.append(None)
            else:
                found.append(value.decode("utf-8", "surrogatepass") if is_text else value)
        return found

    @staticmethod
    def concatenate(parts: Sequence[Texts]) -> Texts:
        """Return the values of all parts, one part after the other."""
        before = np.cumsum([0, *(len(part.data) for part in parts[:-1])])
        nulls = None
        if any(part.nulls is not None for part in parts):
            nulls = np.concatenate([np.zeros(len(p), np.bool_) if p.nulls is None else p.nulls for p in parts])
        return Texts(
            np.concatenate([part.data for part in parts]),
            np.concatenate([part.ends + start for part, start in zip(parts, before, strict=True)]),
            nulls,
        )
