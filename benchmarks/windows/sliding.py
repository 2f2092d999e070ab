"""Cost of a row in the numpy windows, by functions, batch size, and keys × events in the longest window.

Rows of keys drawn at random come in batches of equal size. The windows are 1, 7 and 30 days. Each engine first takes
the events of 30 days. The figure is CPU, the median of some turns of batches; the rows are made beforehand.

``flatness`` is µs a row at 10,000 events in the window over that at 10, both with 500 keys and the largest batch.

``python -m benchmarks sliding [FUNCTIONS [ROWS REPEATS]]``, functions such as ``sums`` or ``max``; default: all.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.measure import load_average, print_figures
from state.sliding.engine import SlidingWindows
from state.sliding.plan import Kind, SlidingPlan
from state.sliding.rows import Column, Rows
from state.window_sql import WindowSpec

DAY_S = 86_400
WINDOWS_S = (DAY_S, 7 * DAY_S, 30 * DAY_S)
BATCHES = (100, 1_000, 10_000)
SHAPES = ((5_000, 10), (5_000, 350), (100, 10_000))
"""Keys, and events of each in the longest window."""

FLAT_KEYS, FEW_EVENTS, MANY_EVENTS = 500, 10, 10_000
FUNCTIONS = {
    "sums": ("count", "avg", "stddev"),
    "double_sums": ("count", "avg", "stddev"),
    "max": ("max",),
    "distinct": ("distinct",),
    "last": ("last",),
    "previous_time": ("previous_time",),
}
"""Functions that are measured together; ``sums`` are of decimals, ``double_sums`` of doubles."""

_SEED = 7


class Stream:
    """Rows of keys drawn at random, in the order of time.

    Args:
        keys: number of keys.
        events: events of each in 30 days.
    """

    def __init__(self, keys: int, events: int) -> None:
        self._random = np.random.default_rng(_SEED)
        self._keys = keys
        self._gap_ms = WINDOWS_S[-1] * 1000 / (keys * events)
        self._now = 0.0

    def batch(self, size: int) -> tuple[Rows, int]:
        """Return some rows, and the watermark that covers them."""
        start, self._now = self._now, self._now + size * self._gap_ms
        times = np.sort(self._random.uniform(start, self._now, size)).astype(np.int64)
        watermark = int(self._now) - 1
        cents = self._random.integers(0, 50_000, size)
        columns = {"AMOUNT": Column(cents / 100)}
        keys = Column(self._random.integers(0, self._keys, size))
        # A double is rounded down, and the watermark may be just below it.
        return Rows(np.clip(times, int(start), max(watermark, int(start))), keys, columns), max(watermark, int(start))


def engine(functions: str) -> SlidingWindows:
    """Return an engine with some functions over all windows."""
    specs = tuple(
        WindowSpec(f"{function}_{window_s}", function, source, "KEY", window_s)
        for function in FUNCTIONS[functions]
        for source in [{"count": None, "previous_time": "TIME"}.get(function, "AMOUNT")]
        for window_s in WINDOWS_S
    )
    kinds: dict[str, Kind] = {"KEY": "integer", "AMOUNT": "double"}
    scales = {} if functions == "double_sums" else {"AMOUNT": 2}
    return SlidingWindows(SlidingPlan(specs, "KEY", "TIME", kinds, scales))


def us_per_row(functions: str, keys: int, events: int, batch: int, *, rows: int, repeats: int) -> float:
    """Return microseconds of CPU a row once the windows are full."""
    windows, stream = engine(functions), Stream(keys, events)
    for _ in range(-(-keys * events // BATCHES[-1]) + 1):
        windows.add(*stream.batch(BATCHES[-1]))
    costs = []
    for _ in range(repeats):
        batches = [stream.batch(batch) for _ in range(max(rows // batch, 3))]
        began = time.process_time()
        for part, watermark in batches:
            windows.add(part, watermark)
        costs.append((time.process_time() - began) / (len(batches) * batch) * 1e6)
    return statistics.median(costs)


def flatness(functions: str, *, rows: int, repeats: int) -> float:
    """Return the factor by which a row costs more where a window holds a thousand times the events."""
    few, many = (
        us_per_row(functions, FLAT_KEYS, events, BATCHES[-1], rows=rows, repeats=repeats)
        for events in (FEW_EVENTS, MANY_EVENTS)
    )
    return many / few


def measured(names: Sequence[str], rows: int, repeats: int) -> Iterator[tuple[str, dict[str, dict[int, float]]]]:
    """Yield each set of functions, and microseconds a row by shape and batch."""
    for functions in names:
        found: dict[str, dict[int, float]] = {}
        for keys, events in SHAPES:
            shape = f"{keys}x{events}"
            found[shape] = {
                batch: round(us_per_row(functions, keys, events, batch, rows=rows, repeats=repeats), 3)
                for batch in BATCHES
            }
            print(f"{functions}, {keys:,} keys x {events:,} events: µs a row by batch {found[shape]}", flush=True)
        yield functions, found


def main(functions: str = "all", rows: str = "100000", repeats: str = "5") -> None:
    """Print the figures of some functions."""
    names = list(FUNCTIONS) if functions == "all" else functions.split(",")
    load = load_average()
    costs = dict(measured(names, int(rows), int(repeats)))
    flat = {name: round(flatness(name, rows=int(rows), repeats=int(repeats)), 2) for name in names}
    print(f"flatness: {flat}")
    print(f"load average before {load}, after {load_average()}")
    print_figures({"us_per_row": costs, "flatness": flat})


if __name__ == "__main__":
    main(*sys.argv[1:])
