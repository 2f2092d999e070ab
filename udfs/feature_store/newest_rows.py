"""Entities of a batch, and the newest row of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def entity_keys(values: NDArray[Any]) -> list[str | None]:
    """Return the keys that the store knows entities by; None where a row names none.

    Args:
        values: texts or whole numbers, (n,); whole numbers as floats with NaN where there is none.

    Example:
        >>> entity_keys(np.array([7.0, np.nan])), entity_keys(np.array(["c1", None, 8], object))
        (['7', None], ['c1', None, '8'])
    """
    if values.dtype.kind == "f":
        return [None if value != value else str(int(value)) for value in values.tolist()]  # noqa: PLR0124
    return [None if value is None else str(value) for value in values.tolist()]


def newest_rows(keys: Sequence[str | None], times_ms: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the place of each entity's newest row, ascending; of rows with one time the last counts.

    These are the rows that the store would keep of all, one write after the other.

    Args:
        keys: entity of each of n rows; rows with None count for nothing.
        times_ms: event times, (n,).

    Example:
        >>> newest_rows(["a", "b", "a", "a", None], np.array([5, 1, 5, 4, 9])).tolist()
        [1, 2]
    """
    numbers: dict[str, int] = {}
    codes = np.fromiter(
        (-1 if key is None else numbers.setdefault(key, len(numbers)) for key in keys), np.intp, len(keys)
    )
    # The sort keeps the order of equal rows.
    order = np.lexsort((times_ms, codes))
    is_last = np.append(codes[order][1:] != codes[order][:-1], True)[: len(order)]
    last = order[is_last]
    rows: NDArray[np.intp] = np.sort(last[codes[last] >= 0])
    return rows
