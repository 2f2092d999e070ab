"""The trackers of one key field over the shards of a task: rows wait, are answered in the order of time, and are saved.

Rules of this file:

- A row waits until the watermark covers it. So trackers see the rows of a key in the order of event time, and rows of
  one instant in the order in which they came.
- A row that the watermark covers when it comes is answered at once, after those that were answered before it.
- The saved state equals the memory: waiting rows with each part that comes, a tracker with each batch it answers.
- A tracker is read from state when its key comes for the first time. Keys are kept for ever.
- State is found by the followed value and the tracker's settings. A tracker with other settings starts over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from state.sliding.codes import LEAST
from state.sliding.rows import Column
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.trackers.plan import TrackerPlan
    from state.trackers.tracker import Tracker, TrackerSpec
    from udfs.windows.parts import Block, PartFormat

WATERMARK = "watermark"
"""Name under which a shard keeps the watermark up to which it has answered."""


class WaitingStore(Protocol):
    """Parts by their numbers."""

    def put(self, key: int, value: bytes) -> None:
        """Keep a part."""

    def items(self) -> Iterable[tuple[int, bytes]]:
        """Return all parts with their numbers."""

    def clear(self) -> None:
        """Drop all."""


class TrackerStore(Protocol):
    """Trackers by the name of their state and key; Flink's ``MapState`` is one, while the shard is the current key."""

    def get(self, key: str) -> bytes | None:
        """Return a tracker; None: there is none."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a tracker."""


@dataclass
class _Shard:
    waiting: list[bytes] = field(default_factory=list)
    next_number: int = 0
    timer: int | None = None
    trackers: dict[str, Tracker] = field(default_factory=dict)


class KeyedTrackers:
    """Rows and trackers of the shards of a task.

    The stores are those of the current shard, which the caller sets before each call.

    Args:
        plan: the trackers.
        columns: format of the rows that come in.
        waiting: store of rows that wait.
        kept: store of trackers.
    """

    def __init__(self, plan: TrackerPlan, columns: PartFormat, waiting: WaitingStore, kept: TrackerStore) -> None:
        self._plan, self._format = plan, columns
        self._waiting, self._kept = waiting, kept
        self._shards: dict[int, _Shard] = {}
        self.answered_until = LEAST
        """The latest watermark up to which a shard of this task has answered, or had before a restore."""

    def load(self, label: int) -> None:
        """Read what waits in the current shard."""
        parts = sorted(self._waiting.items())
        shard = _Shard([data for _, data in parts], parts[-1][0] + 1 if parts else 0)
        self._shards[label] = shard
        watermark = self._kept.get(WATERMARK)
        if watermark is not None:
            self.answered_until = max(self.answered_until, int.from_bytes(watermark, "little", signed=True))

    def arrive(self, label: int, data: bytes) -> int | None:
        """Keep a part of the current shard, none of whose rows is late, until the watermark covers them.

        Returns:
            The time at which a timer is needed; None: an earlier one is set.
        """
        shard = self._shard(label)
        shard.waiting.append(data)
        self._waiting.put(shard.next_number, data)
        shard.next_number += 1
        earliest = int(self._format.numbers(data, self._plan.time).min())
        if shard.timer is not None and shard.timer <= earliest:
            return None
        shard.timer = earliest
        return earliest

    def answer_late(self, label: int, block: Block) -> Block:
        """Answer rows of the current shard that the watermark covers already, and save their trackers."""
        return self._follow(self._shard(label), block)

    def answer(self, label: int, watermark: int) -> tuple[Block | None, int | None]:
        """Answer the rows of the current shard that the watermark covers, and save what that changes.

        Returns:
            The rows in the order of time, with the columns of the answers, None if there is none; and the time at which
            the next timer is needed, None if no row waits.
        """
        shard = self._shard(label)
        shard.timer = None
        if not shard.waiting:
            return None, None
        rows = self._format.decode(*shard.waiting)
        times = rows.numbers(self._plan.time).values
        covered = np.flatnonzero(times <= watermark)
        if not len(covered):
            shard.timer = int(times.min())
            return None, shard.timer
        self._keep_waiting(shard, rows, np.flatnonzero(times > watermark))
        self.answered_until = max(self.answered_until, watermark)
        self._kept.put(WATERMARK, watermark.to_bytes(8, "little", signed=True))
        ordered = covered[np.argsort(times[covered], kind="stable")]
        return self._follow(shard, rows.take(ordered)), shard.timer

    def _shard(self, label: int) -> _Shard:
        return self._shards.setdefault(label, _Shard())

    def _keep_waiting(self, shard: _Shard, rows: Block, left: NDArray[np.int64]) -> None:
        self._waiting.clear()
        shard.waiting = []
        if len(left):
            rest = rows.take(left)
            shard.waiting.append(self._format.encode(rest))
            self._waiting.put(shard.next_number, shard.waiting[0])
            shard.next_number += 1
            shard.timer = int(rest.numbers(self._plan.time).values.min())

    def _follow(self, shard: _Shard, rows: Block) -> Block:
        times = rows.numbers(self._plan.time).values
        names = dict.fromkeys(name for spec in self._plan.specs for name in spec.sources)
        sources = {name: _doubles(rows.numbers(name)) for name in names}
        found = {name: np.empty(len(rows)) for name in self._plan.outputs}
        for key, places in _by_key(rows[self._plan.key]):
            for spec in self._plan.specs:
                name = f"{spec.state_name}/{key}"
                tracker = self._tracker(shard, name, spec)
                values = np.stack([sources[source].take(places) for source in spec.sources], axis=1)
                answers = tracker.follow(times.take(places), values)
                self._kept.put(name, tracker.snapshot())
                for column, answer in zip(spec.columns, answers.T, strict=True):
                    found[column][places] = answer
        return rows.plus({name: Column(values) for name, values in found.items()})

    def _tracker(self, shard: _Shard, name: str, spec: TrackerSpec) -> Tracker:
        tracker = shard.trackers.get(name)
        if tracker is None:
            tracker = shard.trackers[name] = spec.settings.start(len(spec.sources))
            saved = self._kept.get(name)
            if saved is not None:
                tracker.restore(bytes(saved))
        return tracker


def _doubles(column: Column) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.values.astype(np.float64)
    if column.nulls is not None:
        values[column.nulls] = np.nan
    return values


def _by_key(keys: Column | Texts) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the text of each key and the places of its rows, ascending."""
    values: list[Any] = keys.tolist() if isinstance(keys, Texts) else keys.values.tolist()
    if not isinstance(keys, Texts) and keys.nulls is not None:
        values = [None if is_null else value for value, is_null in zip(values, keys.nulls.tolist(), strict=True)]
    places: dict[Any, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    for value, own in places.items():
        yield json.dumps(value), np.array(own, np.int64)
