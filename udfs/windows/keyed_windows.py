"""The windows of one key field over the shards of a task: rows wait, are answered once a watermark, and are saved.

Rules of this file:

- A row waits until the watermark covers it. So rows are answered in the order of watermarks, however they come.
- The first timer of a watermark answers the rows of all shards in one pass; the timer of each shard then saves the
  shard's part, as Flink's state belongs to one shard at a time. No checkpoint comes between timers of one watermark.
- The saved state equals the memory: state is written with each part that comes and each batch that is answered.
- A chunk of the log costs much the same for one row as for a hundred. Until a shard has that many answered rows, they
  stay where they waited, and a mark says which of them were answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.engine import LAST_WATERMARK, SlidingWindows
from state.sliding.filters.syntax import parse_filter
from state.sliding.late.amendable import AmendableWindows
from state.sliding.plan import SlidingPlan
from state.sliding.rows import Column, Rows
from state.sliding.storage.chunk_log import ChunkLog, ChunkStore
from udfs.windows.mark import MARK, pack_mark, read_mark
from udfs.windows.parts import Block, PartFormat, window_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS = 65_536
"""Most rows of a part that leaves for another stage."""


CHUNK_ROWS = 64
"""Answered rows of a shard that make a chunk of the log."""


class WaitingStore(ChunkStore, Protocol):
    """Parts by their numbers."""

    def clear(self) -> None:
        """Drop all."""


@dataclass
class _Waiting:
    """Rows that the watermark does not cover yet, by the number under which they are saved."""

    number: int
    data: bytes
    times: NDArray[np.int64]
    is_cut: bool = False  # the saved state also has rows that were answered

    def __post_init__(self) -> None:
        self.earliest, self.latest = int(self.times.min()), int(self.times.max())


@dataclass
class _Answered:
    """Answered rows that are not in the log yet, and the watermark that covers them."""

    rows: list[Rows] = field(default_factory=list)
    size: int = 0
    watermark: int = LEAST

    def add(self, rows: Rows, watermark: int) -> None:
        self.rows.append(rows)
        self.size += len(rows)
        self.watermark = watermark


@dataclass
class _Shard:
    log: ChunkLog
    waiting: list[_Waiting] = field(default_factory=list)
    next_number: int = 0
    fresh: Rows | None = None  # answered at the present watermark, and not saved
    answered: _Answered = field(default_factory=_Answered)
    spent: list[int] = field(default_factory=list)  # numbers of parts of which all rows are answered
    has_mark: bool = False
    is_restored: bool = False  # the mark is from before a restore
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
        chunk_rows: answered rows of a shard that make a chunk of its log.
        allowance_ms: how far behind the watermark a row may be.

    Attributes:
        restored_until: the latest watermark up to which the loaded shards were answered.
    """

    def __init__(
        self,
        plan: SlidingPlan,
        columns: PartFormat,
        waiting: WaitingStore,
        log: ChunkStore,
        *,
        most_rows: int = MOST_ROWS,
        chunk_rows: int = CHUNK_ROWS,
        allowance_ms: int = 0,
    ) -> None:
        self._plan, self._format = plan, columns
        self._most_rows, self._chunk_rows = most_rows, chunk_rows
        self._waiting, self._log = waiting, log
        self._allowance_ms = allowance_ms
        self._windows = AmendableWindows(plan, allowance_ms) if allowance_ms else SlidingWindows(plan)
        self._filters = [parse_filter(text, plan.kinds) for text in plan.filters]
        self._shards: dict[int, _Shard] = {}
        self._restored: list[Rows] = []
        self._is_end = False
        self.restored_until = LEAST

    @property
    def answered_until(self) -> int:
        """The watermark up to which this engine has answered rows; after a restore it begins at the least again."""
        return self._windows.watermark

    def load(self, label: int) -> None:
        """Read the current shard's state; ``restore`` follows when all shards are read."""
        shard = self._shard(label)
        self._restored.append(shard.log.load(self._log))
        parts = dict(self._waiting.items())
        mark = parts.pop(MARK, None)
        until, watermark = (0, LEAST) if mark is None else read_mark(mark)
        for number, data in sorted(parts.items()):
            self._load_part(shard, number, data, watermark if number < until else LEAST)
        shard.next_number = max([until, *(number + 1 for number in parts)])
        shard.has_mark = shard.is_restored = mark is not None
        self._restored += shard.answered.rows
        self.restored_until = max(self.restored_until, shard.log.watermark, watermark)

    def restore(self) -> None:
        """Rebuild the windows from what was loaded."""
        self._windows.restore(self._restored)
        self._restored = []

    def arrive(self, label: int, data: bytes) -> int | None:
        """Keep a part of the current shard, none of whose rows is late, until the watermark covers them.

        Returns:
            The time at which a timer is needed; None: an earlier one is set.
        """
        shard = self._shard(label)
        shard.waiting.append(self._part(shard.next_number, data))
        self._waiting.put(shard.next_number, data)
        shard.next_number += 1
        return self._timer(shard)

    def answer_late(self, label: int, block: Block, watermark: int) -> Block:
        """Answer rows of the current shard that the watermark covers already, and save them.

        They cannot wait for the next watermark, as a silent stream has none.
        """
        shard = self._shard(label)
        seen = window_rows(block, self._plan, self._filters)
        answers = self._windows.add(seen, max(watermark, self._windows.watermark))
        self._keep_answered(shard, seen)
        self._log_answered(shard)
        self._drop_answered(shard)
        return block.plus({name: Column(values) for name, values in answers.items()})

    def answer(self, watermark: int) -> Iterator[Block]:
        """Answer the rows of all shards that the watermark covers: the rows, with a column a window."""
        found, fresh = [], []
        self._is_end = watermark == LAST_WATERMARK
        for label, shard in self._shards.items():
            if shard.fresh is not None:
                msg = f"windows of key {self._plan.key!r}: shard {label} was answered and not saved; its timer is lost"
                raise RuntimeError(msg)
            parts, size = self._take_covered(shard, watermark)
            if parts:
                fresh.append((shard, size))
                found += parts
        if not found:
            return
        block = self._format.decode(*found)
        seen = window_rows(block, self._plan, self._filters)
        answers = self._windows.add(seen, watermark)
        begin = 0
        for shard, size in fresh:
            shard.fresh = seen.part(begin, begin + size)
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
        if shard.fresh is None:
            return None
        self._keep_answered(shard, shard.fresh)
        shard.fresh = None
        if shard.is_restored or self._is_end or shard.answered.size >= self._chunk_rows:
            self._log_answered(shard)
            self._drop_answered(shard)
        else:
            self._waiting.put(MARK, pack_mark(shard.next_number, shard.answered.watermark, shard.answered.rows))
            shard.has_mark = True
        shard.timer = None
        return self._timer(shard) if shard.waiting else None

    def _shard(self, label: int) -> _Shard:
        found = self._shards.get(label)
        if found is None:
            found = self._shards[label] = _Shard(ChunkLog(self._plan, str(label), allowance_ms=self._allowance_ms))
        return found

    def _load_part(self, shard: _Shard, number: int, data: bytes, watermark: int) -> None:
        """Take a part of which the rows up to a watermark were answered."""
        covered, left = self._split(self._part(number, data), watermark)
        if covered is not None:
            rows = window_rows(self._format.decode(covered.data), self._plan, self._filters)
            shard.answered.add(rows, watermark)
        if left is None:
            shard.spent.append(number)
        else:
            shard.waiting.append(left)

    def _keep_answered(self, shard: _Shard, rows: Rows) -> None:
        """Keep rows that were answered up to the present watermark."""
        if shard.is_restored:
            # The present watermark may be behind the mark's, and one mark cannot hold the rows that each covered.
            self._log_answered(shard)
        shard.answered.add(rows, self._windows.watermark)

    def _log_answered(self, shard: _Shard) -> None:
        """Make a chunk of the answered rows."""
        answered, shard.answered = shard.answered, _Answered()
        if answered.rows:
            rows = Rows.concatenate(answered.rows)
            # After a restore the watermark may begin behind the saved one, and so may rows that an earlier stage let
            # pass.
            shard.log.watermark = min(shard.log.watermark, int(rows.times.min()) - 1)
            shard.log.append(self._log, rows, answered.watermark)

    def _drop_answered(self, shard: _Shard) -> None:
        """Leave only rows that wait among those that are saved as waiting."""
        if not shard.waiting:
            self._waiting.clear()
        else:
            for number in [*shard.spent, *([MARK] if shard.has_mark else [])]:
                self._waiting.remove(number)
            for each in shard.waiting:
                if each.is_cut:
                    self._waiting.put(each.number, each.data)
                    each.is_cut = False
        shard.spent = []
        shard.has_mark = shard.is_restored = False

    def _timer(self, shard: _Shard) -> int | None:
        earliest = min(each.earliest for each in shard.waiting)
        if shard.timer is not None and shard.timer <= earliest:
            return None
        shard.timer = earliest
        return earliest

    def _part(self, number: int, data: bytes) -> _Waiting:
        return _Waiting(number, data, self._format.numbers(data, self._plan.time))

    def _take_covered(self, shard: _Shard, watermark: int) -> tuple[list[bytes], int]:
        """Take the rows of a shard that the watermark covers out of those that wait, and return how many they are."""
        taken, size, kept = [], 0, []
        for each in shard.waiting:
            covered, left = self._split(each, watermark)
            if covered is not None:
                taken.append(covered.data)
                size += len(covered.times)
            if left is None:
                shard.spent.append(each.number)
            else:
                kept.append(left)
        shard.waiting = kept
        return taken, size

    def _split(self, part: _Waiting, watermark: int) -> tuple[_Waiting | None, _Waiting | None]:
        """Return the rows of a part that the watermark covers, and those that it does not; None: there are none."""
        if part.earliest > watermark:
            return None, part
        if part.latest <= watermark:
            return part, None
        is_covered = part.times <= watermark
        rows = self._format.decode(part.data)
        covered, left = (rows.take(np.flatnonzero(places)) for places in (is_covered, ~is_covered))
        cut = self._part(part.number, self._format.encode(left))
        cut.is_cut = True
        return self._part(part.number, self._format.encode(covered)), cut
