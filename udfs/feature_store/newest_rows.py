"""The newest row of each entity of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def newest_rows(codes: NDArray[np.intp], times_ms: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the place of each entity's newest row, ascending; of rows with one time the last counts.

    These are the rows that the store would keep of all, one write after the other.

    Args:
        codes: entity of each of n rows as in `EntityKeys`; rows with -1 count for nothing.
        times_ms: event times, (n,).

    Example:
        >>> newest_rows(np.array([0, 1, 0, 0, -1]), np.array([5, 1, 5, 4, 9])).tolist()
        [1, 2]
    """
    # The sort keeps the order of equal rows.
    order = np.lexsort((times_ms, codes))
    is_last = np.append(codes[order][1:] != codes[order][:-1], True)[: len(order)]
    last = order[is_last]
    rows: NDArray[np.intp] = np.sort(last[codes[last] >= 0])
    return rows
