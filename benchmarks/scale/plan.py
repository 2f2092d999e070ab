"""Cores, memory, state and network of a job with windows, computed from the costs of a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.scale.costs import SHARDS, Assumed, cost

_GIB, _GBIT, _MB = 1 << 30, 1e9 / 8, 1e6
_CORES_MEASURED = 2
# An event is in the windows of two keys, as card and terminal are.
_KEY_FIELDS = 2


@dataclass(frozen=True)
class Load:
    """Events of a job.

    Attributes:
        events_per_s: events a second.
        keys: values of all key fields together.
        reach_s: longest window with its delay, in seconds: so long an event stays in the state.
    """

    events_per_s: float
    keys: float
    reach_s: float


@dataclass(frozen=True)
class Plan:
    """A job under a load.

    Args:
        load: events of the job.
        engine: engine of windows: ``sliding`` keeps them in memory, ``sql`` on the disks of RocksDB.
        assumed: what was not measured.
    """

    load: Load
    engine: Literal["sliding", "sql"] = "sliding"
    assumed: Assumed = field(default_factory=Assumed)

    @property
    def window_us(self) -> float:
        """CPU of a row in its windows alone, in µs."""
        times = cost("the same by Flink's OVER, times slower") if self.engine == "sql" else 1
        whole = _CORES_MEASURED * 1e6 / cost("fraud job with 15 windows, files to files, two cores") * times
        return whole - cost("the same from files to files")

    @property
    def cores(self) -> float:
        """Cores of the whole job."""
        us = cost("from Kafka to Kafka, exactly once, 20 features and a small network") + self.window_us
        return self.load.events_per_s * us / 1e6 / self.assumed.busy

    @property
    def events(self) -> float:
        """Events in the state."""
        return self.load.events_per_s * self.load.reach_s

    @property
    def memory_gib(self) -> float:
        """Memory of the windows of all tasks, in GiB."""
        if self.engine == "sql":
            return 0.0
        of_events = self.events * _KEY_FIELDS * cost("memory of an event, each key")
        return (of_events + self.load.keys * cost("memory of a key")) / _GIB

    @property
    def state_gib(self) -> float:
        """Saved state, in GiB."""
        names = {"sliding": "saved state, both keys", "sql": "saved state of Flink's OVER, 246 MB for 400,000 events"}
        return self.events * cost(names[self.engine]) / _GIB

    @property
    def tasks(self) -> float:
        """Tasks of windows: at most one a shard; with ``sql`` as many as there are cores."""
        return SHARDS if self.engine == "sliding" else self.cores

    @property
    def full_checkpoint_s(self) -> float:
        """Seconds to write all state, as ``hashmap`` does each time and every restart reads it."""
        return self.state_gib * _GIB / _MB / self.assumed.store_mb_per_s / self.tasks

    @property
    def incremental_checkpoint_s(self) -> float:
        """Seconds to write what is new since the last checkpoint, as ``rocksdb`` does."""
        share = min(1.0, self.assumed.interval_s * self.assumed.written_times / self.load.reach_s)
        return self.full_checkpoint_s * share

    @property
    def network_gbit(self) -> Mapping[str, float]:
        """Network by what crosses it, in Gbit/s."""
        between = ("row before the first stage of windows", "row before the second", "row after the second")
        sizes = {
            "from Kafka": cost("event as text"),
            "between tasks": sum(map(cost, between)),
            "to Kafka": cost("prediction as text"),
        }
        return {name: size * self.load.events_per_s / _GBIT for name, size in sizes.items()}


def most_events_per_s(plan: Plan) -> dict[str, float]:
    """Return the events a second that each limit allows, other things equal; the smallest breaks first.

    Args:
        plan: a job with the engine ``sliding``.
    """
    assumed, load = plan.assumed, plan.load
    of_keys = load.keys * cost("memory of a key")
    room = SHARDS * assumed.memory_gib * _GIB - of_keys
    written = SHARDS * assumed.interval_s * assumed.store_mb_per_s * _MB
    saved = cost("saved state, both keys")
    new_s = min(load.reach_s, assumed.interval_s * assumed.written_times)
    return {
        "memory": max(0.0, room / (load.reach_s * _KEY_FIELDS * cost("memory of an event, each key"))),
        "checkpoint, hashmap": written / (load.reach_s * saved),
        "checkpoint, rocksdb": written / (new_s * saved),
        "CPU of windows": SHARDS * assumed.busy * 1e6 / plan.window_us,
    }
