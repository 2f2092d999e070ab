"""Running totals: each row carries the totals of its key, and a window is the difference of two of them.

Totals are int64 and may wrap around, which cancels in differences. The sum of a window does not, as its summands are
below 2**32 in magnitude.
Columns are added when a row first needs one: a limb of a large number, or the first row that a count leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.segments import running_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.crossing import Crossing
    from state.sliding.key_table import KeyTable
    from state.sliding.log import RowLog
    from state.sliding.plan import Quantity
    from state.sliding.selected import SelectedValues

_ALL_ROWS = 0  # column that counts every row


class Totals:
    """Totals of all quantities, by row of the log, by key, and by key at each offset.

    Args:
        quantities: quantities that are summed, in addition to the count of all rows.
        offsets: number of offsets.
        log: gets a column of its own.
        keys: gets arrays of its own.

    Attributes:
        width: number of columns; the first counts all rows.
        parts: column of each part of a quantity that any row needed so far.
    """

    def __init__(self, quantities: Sequence[Quantity], offsets: int, log: RowLog, keys: KeyTable) -> None:
        self._offsets = offsets
        self._log, self._keys = log, keys
        self.parts: dict[Quantity, dict[int, int]] = {quantity: {} for quantity in quantities}
        self.width = 1
        log.add_column("total", np.int64, 1)
        keys.add("total", np.int64, (1,))
        keys.add("total_at", np.int64, (offsets, 1))

    def add(self, batch: SortedBatch, selected: SelectedValues) -> NDArray[np.int64]:
        """Add rows, which the log has already; return each row's totals ``(m, width)`` at its own instant."""
        summands = self._summands(batch, selected)
        carry = self._keys["total"].take(batch.keys, axis=0)
        totals = running_sums(summands, batch.starts, batch.segment, carry)
        self._keys["total"][batch.keys] = totals.take(batch.lasts, axis=0)
        self._log.view("total", self._log.end - len(batch))[:] = totals.take(batch.place_by_time, axis=0)
        return batch.at_group_end(totals)

    def cross(self, batch: SortedBatch, crossing: Crossing) -> NDArray[np.int64]:
        """Move on to where the crossing ends; return each row's totals ``(offsets, m, width)`` at its offsets."""
        cells = self._keys["total_at"].reshape(-1, self.width)
        at = (np.arange(self._offsets)[:, None] + self._offsets * batch.number.astype(np.int64)).ravel()
        is_missed = np.ones(len(at), np.bool_)
        is_missed[crossing.hits] = False
        missed = np.flatnonzero(is_missed)
        crossed = [self._log.view("total", *bounds) for bounds in crossing.slices]
        rows: NDArray[np.int64] = np.concatenate([*crossed, cells.take(at.take(missed), axis=0)])
        count = len(crossing.keys)
        place = np.empty(len(at), np.int64)
        place[crossing.hits] = crossing.found
        place[missed] = np.arange(count, len(rows))
        # Rows come by time, so the last row of a key stays.
        _put_rows(cells, crossing.keys.astype(np.int64) * self._offsets + crossing.offset, rows[:count])
        return rows.take(place, axis=0).reshape(self._offsets, len(batch), self.width)

    def _summands(self, batch: SortedBatch, selected: SelectedValues) -> NDArray[np.int64]:
        found = []
        for quantity, columns in self.parts.items():
            for part, summand in selected.summands(quantity).items():
                if part not in columns:
                    columns[part] = self.width
                    self.width += 1
                found.append((columns[part], summand))
        self._widen()
        summands = np.zeros((len(batch), self.width), np.int64)
        summands[:, _ALL_ROWS] = 1
        for column, summand in found:
            summands[:, column] = summand
        return summands

    def _widen(self) -> None:
        """Give earlier rows zeros in the columns that are new."""
        for name in ("total", "total_at"):
            array = self._keys[name]
            if array.shape[-1] < self.width:
                self._keys.replace(name, _widened(array, self.width))
        logged = self._log.view("total", self._log.start)
        if logged.shape[-1] < self.width:
            self._log.replace_column("total", _widened(logged, self.width))


def _widened(array: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    wide = np.zeros((*array.shape[:-1], width), np.int64)
    wide[..., : array.shape[-1]] = array
    return wide


def _put_rows(target: NDArray[np.int64], places: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Set rows of a matrix, as single items, which numpy copies several times faster."""
    item = np.dtype((np.void, target.shape[1] * target.itemsize))
    target.view(item)[:, 0][places] = np.ascontiguousarray(rows).view(item)[:, 0]
