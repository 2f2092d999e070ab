"""Units of an experiment to points: a unit's point is the xxHash64 of ``<salt>.<unit>`` as UTF-8.

A whole number is its decimal text. So a unit has the same point in every process, language and release.

Source: xxHash, https://xxhash.com
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Units:
    """The units of a batch.

    Args:
        column: (n,) texts as objects; or whole numbers as int64, as float64 with NaN, or as objects.

    Attributes:
        is_missing: (n,) whether a row has none: NULL, or an empty text; None: each has one.
    """

    def __init__(self, column: NDArray[Any]) -> None:
        self.size = len(column)
        self.is_missing: NDArray[np.bool_] | None = None
        present = column
        missing = _missing(column)
        if missing is not None and missing.any():
            self.is_missing, present = missing, column[~missing]
        self._texts = [text.encode("utf-8", "surrogatepass") for text in _texts(present)]

    def points(self, salt: str) -> NDArray[np.uint64]:
        """Return the point of each row under a salt, (n,); 0 where its unit is missing."""
        from xxhash import xxh64_intdigest

        prefix = f"{salt}.".encode()
        hashes = np.fromiter([xxh64_intdigest(prefix + text) for text in self._texts], np.uint64, len(self._texts))
        if self.is_missing is None:
            return hashes
        points = np.zeros(self.size, np.uint64)
        points[~self.is_missing] = hashes
        return points


def _missing(column: NDArray[Any]) -> NDArray[np.bool_] | None:
    if column.dtype.kind == "f":
        return np.asarray(np.isnan(column))
    if column.dtype == object:
        return np.fromiter([value is None or value == "" for value in column.tolist()], np.bool_, len(column))
    return None


def _texts(present: NDArray[Any]) -> list[str]:
    if present.dtype.kind == "f":
        present = present.astype(np.int64)
    values = present.tolist()
    return values if values and isinstance(values[0], str) else list(map(str, values))
