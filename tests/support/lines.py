"""Lines of tests as they enter a job."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def encoded(lines: Iterable[str | None]) -> list[bytes | None]:
    """Return lines as bytes; half a character becomes bytes that are no UTF-8."""
    return [None if line is None else line.encode("utf-8", "surrogatepass") for line in lines]


def line_column(lines: Iterable[str | None]) -> NDArray[np.object_]:
    """Return lines as the column that a worker gets."""
    column = encoded(lines)
    return np.fromiter(column, dtype=object, count=len(column))
