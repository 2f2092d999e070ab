"""Measured costs of a row, each with the page and the command that it comes from, and assumed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SHARDS = 32
"""Shards of a keyed stage (`jobs/flink/shards.py`): so many tasks of windows at most."""


@dataclass(frozen=True)
class Cost:
    """A cost that was measured.

    Attributes:
        value: the figure.
        unit: its unit.
        source: where it stands, and the command that measures it.
    """

    value: float
    unit: str
    source: str


COSTS: Mapping[str, Cost] = MappingProxyType(
    {
        "from Kafka to Kafka, exactly once, 20 features and a small network": Cost(
            15.2, "µs of CPU a row", "docs/tuning.md, `make bench NAME=sources`"
        ),
        "the same from files to files": Cost(3.5, "µs of CPU a row", "docs/tuning.md, `make bench NAME=sources`"),
        "fraud job with 15 windows, files to files, two cores": Cost(
            174_000.0, "rows/s", "README.md, `make bench NAME=windows`"
        ),
        "the same by Flink's OVER, times slower": Cost(24.0, "", "README.md, `make bench NAME=windows`"),
        "saved state, both keys": Cost(21.0, "bytes an event", "docs/tuning.md, `make bench NAME=window_state`"),
        "saved state of Flink's OVER, 246 MB for 400,000 events": Cost(
            246e6 / 400e3, "bytes an event", "docs/tuning.md, `make bench NAME=window_state`"
        ),
        "memory of an event, each key": Cost(56.3, "bytes", "`python -m benchmarks.scale.sizes`"),
        "memory of a key": Cost(153.4, "bytes", "`python -m benchmarks.scale.sizes`"),
        "event as text": Cost(162.6, "bytes", "`python -m benchmarks.scale.sizes`"),
        "row before the first stage of windows": Cost(48.0, "bytes", "`python -m benchmarks.scale.sizes`"),
        "row before the second": Cost(120.1, "bytes", "`python -m benchmarks.scale.sizes`"),
        "row after the second": Cost(168.0, "bytes", "`python -m benchmarks.scale.sizes`"),
        "prediction as text": Cost(
            314.0, "bytes", "`gress run fraud-detection --input generator:days=3,customers=500`"
        ),
    }
)
"""All measured costs, by what was measured."""


def cost(name: str) -> float:
    """Return a measured figure."""
    return COSTS[name].value


@dataclass(frozen=True)
class Assumed:
    """Assumed figures, which are not measured here; another machine has others.

    Attributes:
        busy: share of a core that is planned for; the rest drains lag and takes peaks.
        store_mb_per_s: rate at which a TaskManager writes to and reads from the store of checkpoints, in MB/s.
        memory_gib: memory of a TaskManager for windows.
        interval_s: time between checkpoints.
        written_times: how often an incremental checkpoint writes a row, as chunks are merged.
        restart_s: time from a failure until tasks begin to read their state.
    """

    busy: float = 0.7
    store_mb_per_s: float = 100.0
    memory_gib: float = 32.0
    interval_s: float = 60.0
    written_times: float = 3.0
    restart_s: float = 30.0
