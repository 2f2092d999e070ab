"""Windows that take late rows: the keys of a late row get an engine of their own, rebuilt with the row.

Rules of this file:

- The log of an engine is sorted by time, so a row cannot enter it in between. All rows that a late one could see are
  kept beside the engines, and an engine of some keys is built from theirs.
- A late row costs as much as its key has rows. Each engine has less than half the rows of the one before it, so there
  are few.
- Keys do not see each other, so no answer depends on which engine gives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.engine import LAST_WATERMARK, SlidingWindows
from state.sliding.errors import LateRowsError
from state.sliding.late.kept_rows import KeptRows, KeySet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.plan import SlidingPlan
    from state.sliding.rows import Rows


@dataclass
class _Part:
    """An engine of some keys; those that a later part has are of no more use in it."""

    keys: KeySet
    windows: SlidingWindows
    rows: int


class AmendableWindows:
    """Window aggregates of one key field over rows of which some come behind the watermark.

    A late row gets the answer that it would have had in time, as far as the rows have come by now. Rows that are
    answered after it see it; those that were answered before it did not.

    Args:
        plan: the windows.
        allowance_ms: how far behind the watermark a row may be.
    """

    def __init__(self, plan: SlidingPlan, allowance_ms: int) -> None:
        self._plan, self._allowance_ms = plan, allowance_ms
        self._all = SlidingWindows(plan)
        self._parts: list[_Part] = []
        self._kept = KeptRows(plan)
        self._watermark = LEAST

    @property
    def watermark(self) -> int:
        """The watermark up to which rows have been answered; the least int64 before the first."""
        return self._watermark

    def add(self, rows: Rows, watermark: int) -> dict[str, NDArray[np.float64]]:
        """Add rows, late ones among them, up to a new watermark, and return their windows.

        Arguments, result and errors are those of `SlidingWindows.add`, except that a row may be at or before the last
        watermark by less than the allowance.
        """
        rows = self._plan.checked(rows)
        answers = np.empty((len(self._plan.specs), len(rows)))
        late, left = (np.flatnonzero(found) for found in _split(rows.times <= self._watermark))
        if len(late):
            answers[:, late] = self._insert(rows.take(late))
        in_time = rows.take(left) if len(late) else rows
        for windows, places in self._dealt_out(in_time):
            answers[:, left[places]] = self._stacked(windows.add(in_time.take(places), watermark))
        if watermark == LAST_WATERMARK:
            watermark = int(in_time.times.max(initial=self._watermark))
        self._watermark = max(self._watermark, watermark)
        self._kept.add(in_time)
        self._kept.evict(self._watermark - self._plan.horizon_ms - self._allowance_ms)
        return {spec.name: answers[place] for place, spec in enumerate(self._plan.specs)}

    def restore(self, parts: Iterable[Rows]) -> None:
        """Rebuild the engine from saved rows, as `SlidingWindows.restore` does."""
        found = [self._plan.checked(rows) for rows in parts if len(rows)]
        self._all.restore(found)
        for rows in found:
            self._kept.add(rows)

    def _dealt_out(self, rows: Rows) -> Iterable[tuple[SlidingWindows, NDArray[np.int64]]]:
        """Yield each engine that has keys of rows, and the places of these rows."""
        is_left = np.ones(len(rows), np.bool_)
        for part in reversed(self._parts):
            is_own = is_left & part.keys.find(rows.key)
            is_left &= ~is_own
            if is_own.any():
                yield part.windows, np.flatnonzero(is_own)
        if is_left.any():
            yield self._all, np.flatnonzero(is_left)

    def _insert(self, late: Rows) -> NDArray[np.float64]:
        """Return the answers of late rows, which a new engine of their keys has seen from then on."""
        bound = self._watermark - self._allowance_ms
        if int(late.times.min()) <= bound:
            raise LateRowsError(late, bound, f"windows of key {self._plan.key!r}")
        keys = KeySet.of(late.key)
        history = self._kept.of(keys)
        windows = self._restored(history)
        found = self._stacked(windows.add(late, self._watermark))
        self._kept.add(late)
        self._parts = [part for part in self._parts if not part.keys <= keys]
        self._parts.append(_Part(keys, windows, len(history) + len(late)))
        self._join()
        return found

    def _join(self) -> None:
        """Join engines until each has less than half the rows of the one before it."""
        count = len(self._parts)
        while len(self._parts) > 1 and 2 * self._parts[-1].rows >= self._parts[-2].rows:
            last = self._parts.pop()
            self._parts[-1].keys |= last.keys
            self._parts[-1].rows += last.rows
        if len(self._parts) < count:
            history = self._kept.of(self._parts[-1].keys)
            self._parts[-1] = _Part(self._parts[-1].keys, self._restored(history), len(history))

    def _restored(self, history: Rows) -> SlidingWindows:
        windows = SlidingWindows(self._plan)
        windows.restore([history])
        return windows

    def _stacked(self, found: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.stack([found[spec.name] for spec in self._plan.specs])


def _split(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return mask, ~mask
