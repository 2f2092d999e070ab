"""The windows of one key field over a stream of rows, in the order of watermarks.

Rules of this file:

- Rows enter once the watermark covers them. So the log of all keys is sorted by time, and rows are only appended.
- What a batch costs depends on its own size, not on the length of the windows nor on how many rows they hold.
- No result depends on where batches begin and end, on the order of rows of one instant, or on a restore in between:
  counts, sums and extremes are exact, and a double is rounded once, when a window is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.latest import NEVER
from state.sliding.aggregation import Aggregation
from state.sliding.batch import SortedBatch
from state.sliding.codes import LEAST
from state.sliding.crossing import span_bits
from state.sliding.errors import LateRowsError
from state.sliding.indexes import KeyIndex
from state.sliding.key_table import KeyTable
from state.sliding.log import RowLog
from state.sliding.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.plan import SlidingPlan

LAST_WATERMARK = 2**63 - 1
"""Flink's watermark at the end of the input."""

_CODE_BITS = 62
_RESTORED_ROWS = 1 << 16
_FEW_KEYS = 1 << 10


class SlidingWindows:
    """Window aggregates of all keys of one key field; a keyed stage calls it once for each watermark.

    Example of a stage's use, with rows of all its shards at once::

        windows = SlidingWindows(plan)
        windows.restore(log.load(store) for log in chunk_logs)
        columns = windows.add(rows, watermark)

    Args:
        plan: the windows.
    """

    def __init__(self, plan: SlidingPlan) -> None:
        self._plan = plan
        self._index = KeyIndex(is_text=plan.is_text(plan.key))
        self._log, self._keys = RowLog(), KeyTable()
        self._keys.add("newest", np.int64, fill=NEVER)
        self._aggregation = Aggregation(plan, self._log, self._keys)
        self._watermark = LEAST
        self._ahead: Rows | None = None
        self._most_keys = _FEW_KEYS

    @property
    def watermark(self) -> int:
        """The watermark up to which rows have been answered; the least int64 before the first."""
        return self._watermark

    @property
    def row_count(self) -> int:
        """Number of rows in the log."""
        return len(self._log)

    @property
    def key_count(self) -> int:
        """Number of keys that are remembered, NULL among them."""
        return len(self._index)

    def add(self, rows: Rows, watermark: int) -> dict[str, NDArray[np.float64]]:
        """Add the rows between the last watermark and a new one, and return their windows.

        Args:
            rows: all rows later than the last watermark, up to the new one, in any order. They bring the fields and
                filters that the plan names.
            watermark: the new watermark in epoch milliseconds. `LAST_WATERMARK` ends the input: it counts as the time
                of the newest row.

        Returns:
            One column a spec by its name, in the order of the rows as they came; NaN is NULL.

        Raises:
            LateRowsError: a row is not later than the last watermark.
            ValueError: a row is later than the new watermark, or a column is missing or of another type than planned.
        """
        rows = self._checked(rows, watermark)
        joined = self._with_ahead(rows, watermark)
        if watermark == LAST_WATERMARK:
            watermark = int(joined.times.max(initial=self._watermark))
        answers = self._answer(joined, watermark) if len(joined) else np.empty((len(self._plan.specs), 0))
        self._watermark = max(self._watermark, watermark)
        return {spec.name: answers[place, : len(rows)] for place, spec in enumerate(self._plan.specs)}

    def restore(self, parts: Iterable[Rows]) -> None:
        """Rebuild the engine from saved rows, as if it had never stopped.

        Shards may come from tasks that had come to different watermarks. So the rows wait until the first batch tells
        where the engine goes on: those before it enter the log, those between its rows enter with them, and the others
        wait on. None is answered a second time, and all that follow see them. Until then the engine takes rows of any
        time: a shard's own watermark, `ChunkLog.watermark`, tells which of its rows are late.

        Args:
            parts: rows of any set of shards.

        Raises:
            ValueError: the engine has answered rows already, or a column is missing or of another type than planned.
        """
        if self._watermark != LEAST or self._ahead is not None:
            msg = f"restore: expected an engine without rows, got one at watermark {self._watermark}"
            raise ValueError(msg)
        found = [self._plan.checked(rows) for rows in parts if len(rows)]
        if found:
            self._ahead = Rows.concatenate(found)

    def _with_ahead(self, rows: Rows, watermark: int) -> Rows:
        """Return the rows, and after them those restored ahead of their time that the watermark covers."""
        if self._ahead is None:
            return rows
        is_covered = self._ahead.times <= watermark
        if not is_covered.any():
            return rows
        ahead = self._ahead.take(np.flatnonzero(is_covered))
        self._ahead = None if is_covered.all() else self._ahead.take(np.flatnonzero(~is_covered))
        is_before = ahead.times < rows.times.min(initial=watermark)
        self._log_only(ahead.take(np.flatnonzero(is_before)))
        return Rows.concatenate([rows, ahead.take(np.flatnonzero(~is_before))])

    def _log_only(self, rows: Rows) -> None:
        """Add rows that were answered before."""
        for part, last_time in _by_time(rows):
            self._answer(part, last_time)

    def _answer(self, rows: Rows, watermark: int) -> NDArray[np.float64]:
        """Return the answers ``(specs, m)`` of rows, in one step or in two that have fewer."""
        cut = self._cut(rows)
        if cut is None:
            return self._step(rows, watermark)
        answers = np.empty((len(self._plan.specs), len(rows)))
        is_early = rows.times < cut
        for is_part, until in ((is_early, cut - 1), (~is_early, watermark)):
            places = np.flatnonzero(is_part)
            answers[:, places] = self._answer(rows.take(places), until)
        return answers

    def _cut(self, rows: Rows) -> int | None:
        """Return a time at which a batch must be cut; None: it is one step.

        A step is in one block of every window of a minimum or maximum that is longer than the step. Its codes of key
        and time fit in an integer.
        """
        first, last = int(rows.times.min()), int(rows.times.max())
        most = max(len(self._plan.offsets_ms) * len(rows), len(self._log) + len(rows))
        if span_bits(last - first) + 1 + most.bit_length() > _CODE_BITS:
            return first + (last - first) // 2 + 1
        blocks_ms = (block_ms for block_ms in self._aggregation.blocks_ms if block_ms > last - first)
        starts = ((first // block_ms + 1) * block_ms for block_ms in blocks_ms)
        return min((start for start in starts if start <= last), default=None)

    def _step(self, rows: Rows, watermark: int) -> NDArray[np.float64]:
        numbers = self._index.numbers(rows.key)
        self._keys.grow(len(self._index))
        batch = SortedBatch(rows.times, numbers)
        self._keys["newest"][batch.keys] = batch.time.take(batch.lasts)
        found = self._aggregation.add(batch, rows, watermark)
        self._forget(watermark)
        return np.stack([found.answer(spec).take(batch.place_of_origin) for spec in self._plan.specs])

    def _forget(self, watermark: int) -> None:
        """Free rows and keys that no later row can see."""
        self._log.evict(watermark - self._plan.horizon_ms)
        self._aggregation.forget(watermark)
        count = len(self._index)
        # A key that lives has a row in the log, so most of the keys are dead where the log has fewer rows.
        if count > self._most_keys or count > 2 * len(self._log) + _FEW_KEYS:
            self._keep_keys(self._keys["newest"][:count] > watermark - self._plan.horizon_ms)
            self._most_keys = max(_FEW_KEYS, 2 * len(self._index))

    def _keep_keys(self, is_kept: NDArray[np.bool_]) -> None:
        is_kept[0] = True
        kept = np.flatnonzero(is_kept)
        number = np.full(len(is_kept), -1, np.int32)
        number[kept] = np.arange(len(kept), dtype=np.int32)
        self._index.keep(kept)
        self._keys.keep(kept)
        self._log.renumber(number)
        self._aggregation.renumber(number)

    def _checked(self, rows: Rows, watermark: int) -> Rows:
        """Return rows with the columns of the plan only, or refuse them."""
        rows = self._plan.checked(rows)
        if len(rows) and int(rows.times.min()) <= self._watermark:
            raise LateRowsError(rows, self._watermark, f"windows of key {self._plan.key!r}")
        if len(rows) and int(rows.times.max()) > watermark:
            msg = (
                f"windows of key {self._plan.key!r}: expected rows up to the watermark {watermark}, "
                f"got one at {int(rows.times.max())}; keep it until the watermark covers it"
            )
            raise ValueError(msg)
        return rows


def _by_time(rows: Rows) -> Iterator[tuple[Rows, int]]:
    """Yield rows by time, some at a time but all rows of an instant at once, and the time of the last of them."""
    order = np.argsort(rows.times, kind="stable")
    times = rows.times.take(order)
    begin = 0
    while begin < len(times):
        end = int(times.searchsorted(times[min(begin + _RESTORED_ROWS, len(times)) - 1], side="right"))
        yield rows.take(order[begin:end]), int(times[end - 1])
        begin = end
