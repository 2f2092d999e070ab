"""Values that a store returns for the rows of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from state.feature_store.cells import Cells, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A member of an enumeration takes long to look up.
_MISSING, _FLOAT, _TEXT = int(Kind.MISSING), int(Kind.FLOAT), int(Kind.TEXT)


@dataclass(frozen=True)
class Features:
    """Values of n rows.

    Attributes:
        names: names of the k columns.
        cells: values, (n, k).
        is_failed: rows whose entity could not be looked up, (n,); their cells are missing.
    """

    names: tuple[str, ...]
    cells: Cells
    is_failed: NDArray[np.bool_]

    def is_present(self, name: str) -> NDArray[np.bool_]:
        """Return which rows have a value, (n,); NaN is one."""
        is_present: NDArray[np.bool_] = self._kinds(name) != Kind.MISSING
        return is_present

    def numbers(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return all columns as float64, (n, k), and where there is a number or a boolean; elsewhere is 0.

        Example:
            >>> cells = Cells.empty(1, 2)
            >>> cells.kinds[0, 1], cells.bits[0, 1] = Kind.INT, 7
            >>> Features(("a", "b"), cells, np.zeros(1, bool)).numbers()
            (array([[0., 7.]]), array([[False,  True]]))
        """
        kinds, bits = self.cells.kinds, self.cells.bits
        is_float = kinds == _FLOAT
        if is_float.all():
            return bits.view(np.float64), is_float
        return np.where(is_float, bits.view(np.float64), bits), (kinds != _MISSING) & (kinds != _TEXT)

    def times_ms(self, name: str) -> NDArray[np.int64]:
        """Return the event times of a column's values, (n,); 0 where there is none."""
        return self.cells.times_ms[:, self._place(name)]

    def floats(self, name: str, default: float = np.nan) -> NDArray[np.float64]:
        """Return a column as float64; missing values and texts become the default.

        Example:
            >>> cells = Cells.empty(1, 1)
            >>> Features(("amount",), cells, np.zeros(1, bool)).floats("amount", 3.0)
            array([3.])
        """
        kinds, bits = self._kinds(name), np.ascontiguousarray(self.cells.bits[:, self._place(name)])
        values = np.where(kinds == Kind.FLOAT, bits.view(np.float64), bits.astype(np.float64))
        return np.where((kinds == Kind.MISSING) | (kinds == Kind.TEXT), default, values)

    def texts(self, name: str, default: str | None = None) -> NDArray[np.object_]:
        """Return a column of texts; values of other types become the default."""
        texts = self.cells.texts[:, self._place(name)].copy()
        texts[self._kinds(name) != Kind.TEXT] = default
        return texts

    def values(self, name: str) -> list[Any]:
        """Return a column as Python's own values, each of its type; None where it is missing."""
        place = self._place(name)
        kinds, floats = self._kinds(name), self.floats(name)
        rows = zip(kinds, floats, self.cells.bits[:, place], self.cells.texts[:, place], strict=True)
        return [_value(*row) for row in rows]

    def _place(self, name: str) -> int:
        return self.names.index(name)

    def _kinds(self, name: str) -> NDArray[np.uint8]:
        return self.cells.kinds[:, self._place(name)]


def _value(kind: int, number: float, bits: int, text: str | None) -> Any:
    if kind == Kind.FLOAT:
        return float(number)
    if kind == Kind.INT:
        return int(bits)
    return bool(bits) if kind == Kind.BOOL else text
