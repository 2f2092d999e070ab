"""Texts and other bytes of a column, end to end, without a Python object a row."""

from __future__ import annotations

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
        lengths = self.ends.copy()
        lengths[1:] -= self.ends[:-1]
        return lengths

    def take(self, places: NDArray[Any]) -> Texts:
        """Return the values at some places, in that order."""
        lengths = self.lengths.take(places)
        ends = lengths.cumsum()
        # Byte b of a value is at its start in the old data plus b: its place in the new data, moved by a constant.
        moved = np.repeat(self.ends.take(places) - ends, lengths)
        data = self.data.take(moved + np.arange(len(moved)))
        return Texts(data, ends, None if self.nulls is None else self.nulls.take(places))

    def part(self, begin: int, end: int) -> Texts:
        """Return the values from one place to before another, whose bytes stay where they are."""
        start = int(self.ends[begin - 1]) if begin else 0
        ends = self.ends[begin:end] - start
        stop = start + (int(ends[-1]) if len(ends) else 0)
        return Texts(self.data[start:stop], ends, None if self.nulls is None else self.nulls[begin:end])

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
