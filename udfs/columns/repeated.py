"""Columns of one value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def repeated(value: str | float | None, size: int) -> NDArray[np.object_]:
    """Return a column that holds one value ``size`` times and takes the memory of one; read it only."""
    one = np.empty(1, dtype=object)
    one[0] = value
    # A view takes ten times as long to make, of which an event of the latency profile would need a dozen.
    return one if size == 1 else np.broadcast_to(one, size)


def first_of(value: Any, size: int) -> NDArray[np.object_]:
    """Return a column with a value in its first row and None in the others.

    >>> first_of("a", 3).tolist(), first_of(None, 2).tolist()
    (['a', None, None], [None, None])
    """
    if value is None:
        return repeated(None, size)
    column = np.full(size, None, dtype=object)
    column[0] = value
    return column


def is_repeated(column: Any) -> bool:
    """Return whether a column was made by ``repeated``.

    >>> is_repeated(repeated("ok", 3)), is_repeated(np.full(3, "ok", dtype=object))
    (True, False)
    """
    return isinstance(column, np.ndarray) and len(column) > 1 and column.dtype == object and column.strides == (0,)
