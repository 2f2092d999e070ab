"""The windows of one key field over the shards of a task: rows wait, are answered once a watermark, and are saved.

Rules of this file:

- A row waits until the watermark covers it. So rows are answered in the order of watermarks, however they come.
- The first timer of a watermark answers the rows of all shards in one pass; the timer of each shard then saves the
  shard's part, as Flink's state belongs to one shard at a time. No checkpoint comes between timers of one watermark.
- What is saved is what is in memory: state is written with each part that comes and each batch that is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.engine import SlidingWindows
from state.sliding.filters.syntax import parse_filter
from state.sliding.plan import SlidingPlan
from state.sliding.rows import Column, Rows
from state.sliding.storage.chunk_log import ChunkLog, ChunkStore
from udfs.windows.parts import Block, PartFormat, window_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS = 65_536
"""Most rows of a part that leaves for another stage."""


@dataclass
class _Waiting:
    """Rows that the watermark does not cover yet, by the number under which they are saved."""

    number: int
    rows: Block
    times: NDArray[np.int64]

    @cached_property
    def earliest(self) -> int:
        return int(self.times.min())


@dataclass
class _Shard:
    log: ChunkLog
    waiting: list[_Waiting] = field(default_factory=list)
    next_number: int = 0
    answered: Rows | None = None
    changed: list[_Waiting] = field(default_factory=list)
    timer: int | None = None


class KeyedWindows:
    """Rows and windows of the shards of a task.

    The stores are those of the current shard, which the caller sets before each call.

    Args:
        plan: the windows.
        columns: format of the rows that come in.
        waiting: store of rows that wait.
        log: store of rows that were answered.
        most_rows: most rows of a part that leaves.

    Attributes:
        restored_until: the latest watermark up to which the loaded shards were answered.
    """

    def __init__(
        self, plan: SlidingPlan, columns: PartFormat, waiting: ChunkStore, log: ChunkStore, most_rows: int = MOST_ROWS
    ) -> None:
        self._plan, self._format, self._most_rows = plan, columns, most_rows
        self._waiting, self._log = waiting, log
        self._windows = SlidingWindows(plan)
        self._filters = [parse_filter(text, plan.kinds) for text in plan.filters]
        self._shards: dict[int, _Shard] = {}
        self._restored: list[Rows] = []
        self.restored_until = LEAST

    @property
    def answered_until(self) -> int:
        """The watermark up to which this engine has answered rows; after a restore it begins at the least again."""
        return self._windows.watermark

    def load(self, label: int) -> None:
        """Read the current shard's state; ``restore`` follows when all shards are read."""
        shard = self._shard(label)
        self._restored.append(shard.log.load(self._log))
        self.restored_until = max(self.restored_until, shard.log.watermark)
        for number, data in sorted(self._waiting.items()):
            rows = self._format.decode(data)
            shard.waiting.append(_Waiting(number, rows, rows.numbers(self._plan.time).values))
            shard.next_number = number + 1

    def restore(self) -> None:
        """Rebuild the windows from what was loaded."""
        self._windows.restore(self._restored)
        self._restored = []

    def arrive(self, label: int, rows: Block) -> int | None:
        """Keep rows of the current shard, none of them late, until the watermark covers them.

        Returns:
            The time at which a timer is needed; None: an earlier one is set.
        """
        shard = self._shard(label)
        times = rows.numbers(self._plan.time).values
        self._keep(shard, _Waiting(shard.next_number, rows, times))
        shard.next_number += 1
        return self._timer(shard)

    def answer(self, watermark: int) -> Iterator[Block]:
        """Answer the rows of all shards that the watermark covers: the rows, with a column a window."""
        found, fresh = [], []
        for label, shard in self._shards.items():
            if shard.answered is not None:
                msg = f"windows of key {self._plan.key!r}: shard {label} was answered and not saved; its timer is lost"
                raise RuntimeError(msg)
            rows = self._take_covered(shard, watermark)
            if rows:
                fresh.append((shard, sum(map(len, rows))))
                found += rows
        if not found:
            return
        block = Block.concatenate(found)
        seen = window_rows(block, self._plan, self._filters)
        answers = self._windows.add(seen, watermark)
        begin = 0
        for shard, size in fresh:
            shard.answered = seen.take(np.arange(begin, begin + size))
            begin += size
        answered = block.plus({name: Column(values) for name, values in answers.items()})
        if len(answered) <= self._most_rows:
            yield answered
            return
        # Rows come by shards. Parts of all times, one after the other, would let what follows run ahead of time.
        order = np.argsort(answered.numbers(self._plan.time).values, kind="stable")
        for begin in range(0, len(answered), self._most_rows):
            yield answered.take(order[begin : begin + self._most_rows])

    def save(self, label: int) -> int | None:
        """Save what `answer` did to the current shard.

        Returns:
            The time at which the shard's next timer is needed; None: none is.
        """
        shard = self._shard(label)
        if shard.answered is None:
            return None
        self._log_rows(shard, shard.answered)
        shard.answered = None
        for gone in shard.changed:
            self._waiting.remove(gone.number)
        shard.changed = []
        for left in shard.waiting:
            if left.number < 0:
                left.number, shard.next_number = shard.next_number, shard.next_number + 1
                self._waiting.put(left.number, self._format.encode(left.rows))
        shard.timer = None
        return self._timer(shard) if shard.waiting else None

    def _shard(self, label: int) -> _Shard:
        found = self._shards.get(label)
        if found is None:
            found = self._shards[label] = _Shard(ChunkLog(self._plan, str(label)))
        return found

    def _keep(self, shard: _Shard, rows: _Waiting) -> None:
        shard.waiting.append(rows)
        self._waiting.put(rows.number, self._format.encode(rows.rows))

    def _log_rows(self, shard: _Shard, rows: Rows) -> None:
        # After a restore the watermark may begin behind the saved one, and so may rows that an earlier stage let pass.
        shard.log.watermark = min(shard.log.watermark, int(rows.times.min()) - 1)
        shard.log.append(self._log, rows, self._windows.watermark)

    def _timer(self, shard: _Shard) -> int | None:
        earliest = min(each.earliest for each in shard.waiting)
        if shard.timer is not None and shard.timer <= earliest:
            return None
        shard.timer = earliest
        return earliest

    def _take_covered(self, shard: _Shard, watermark: int) -> list[Block]:
        """Take the rows of a shard that the watermark covers out of those that wait."""
        taken, left = [], []
        for each in shard.waiting:
            is_covered = each.times <= watermark
            if not is_covered.any():
                left.append(each)
                continue
            shard.changed.append(each)
            if is_covered.all():
                taken.append(each.rows)
                continue
            places = np.flatnonzero(~is_covered)
            taken.append(each.rows.take(np.flatnonzero(is_covered)))
            left.append(_Waiting(-1, each.rows.take(places), each.times.take(places)))
        shard.waiting = left
        return taken
