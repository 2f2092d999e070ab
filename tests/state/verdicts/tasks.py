"""A tiny Flink for shards: a keyed store and timers for each shard, one watermark, and restores from a snapshot."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from state.verdicts.judged import Judged
from state.verdicts.outcomes import Outcomes
from state.verdicts.shards import Shards
from tests.state.verdicts.made import DictStore

NEVER = -(2**63)
Sums = dict[tuple[str, int, int], bytes]
"""Sums by experiment, shard and look."""


@dataclass
class KeyedStore:
    """The stores of all shards, of which a caller chooses one."""

    stores: dict[int, DictStore] = field(default_factory=dict)
    label: int = 0

    @property
    def current(self) -> DictStore:
        return self.stores.setdefault(self.label, DictStore())

    def items(self) -> Iterator[tuple[str, bytes]]:
        return iter(list(self.current.items()))

    def put(self, key: str, value: bytes) -> None:
        self.current.put(key, value)

    def remove(self, key: str) -> None:
        self.current.remove(key)

    @property
    def written(self) -> int:
        return sum(store.written for store in self.stores.values())


class Counts(Protocol):
    """Methods of shards that a task calls."""

    def load(self, label: int) -> None: ...

    def arrive(self, label: int, data: bytes, watermark: int) -> int | None: ...

    def look(self, label: int, at_ms: int) -> list[tuple[str, bytes]]: ...

    def next_timer(self, label: int, after_ms: int) -> int | None: ...


class Task:
    """A task with shards, as `udfs.verdicts.stage.CountUnits` runs them.

    Args:
        experiments: by name.
    """

    def __init__(self, experiments: Mapping[str, Judged]) -> None:
        self.experiments = experiments
        self.store = KeyedStore()
        self.shards: Counts = Shards(experiments, self.store)
        self.timers: set[tuple[int, int]] = set()
        self.watermark = NEVER
        self.sums: Sums = {}
        self.arrived = 0

    def arrive(self, label: int, rows: Outcomes) -> None:
        self.store.label = label
        data = rows.to_bytes()
        self.arrived += len(data)
        timer = self.shards.arrive(label, data, self.watermark)
        if timer is not None:
            assert timer > self.watermark
            self.timers.add((timer, label))

    def advance(self, watermark: int) -> None:
        """Let the watermark rise, and fire timers up to it in the order of time."""
        self.watermark = max(self.watermark, watermark)
        while due := sorted(timer for timer in self.timers if timer[0] <= self.watermark):
            at_ms, label = due[0]
            self.timers.remove(due[0])
            self.store.label = label
            for name, sums in self.shards.look(label, at_ms):
                self.sums[name, label, at_ms] = sums
            timer = self.shards.next_timer(label, at_ms)
            if timer is not None:
                assert timer > at_ms
                self.timers.add((timer, label))

    def restore(self, experiments: Mapping[str, Judged] | None = None) -> None:
        """Go on from what is saved: stores and timers, but no watermark, as Flink has it."""
        self.experiments = self.experiments if experiments is None else experiments
        self.store = KeyedStore(copy.deepcopy(self.store.stores))
        self.shards = Shards(self.experiments, self.store)
        for label in sorted(self.store.stores):
            self.store.label = label
            self.shards.load(label)
        self.watermark = NEVER

    def last_sums(self, name: str) -> dict[int, bytes]:
        """Return each shard's sums of its last look."""
        looks = sorted(look for look in self.sums if look[0] == name)
        return {label: self.sums[key] for key in looks for label in [key[1]]}
