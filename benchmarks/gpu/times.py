"""Times of a runtime by rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.runtimes.batches import Feeds
from models.runtimes.onnx import OnnxRuntime
from models.runtimes.options import RuntimeOptions
from models.scoring.batch_times import BATCH_ROWS, BatchTime, best_batch, time_batches

ROWS = 100
"""Rows of the document's batch."""

_LIMIT_S = 0.1


def open_network(content: bytes, *, is_gpu: bool) -> OnnxRuntime:
    """Return the runtime of a network, on a GPU or on one core."""
    return OnnxRuntime.load(Path("network.onnx"), RuntimeOptions(enable_gpu=is_gpu), content=content)


def times_of(runtime: OnnxRuntime, seconds: float) -> tuple[BatchTime, ...]:
    """Return the times of all sizes up to 100 ms a call, each measured for so many seconds."""
    return time_batches(_batches(runtime), BATCH_ROWS, limit_s=_LIMIT_S, budget_s=seconds)


def figures_of(prefix: str, times: Sequence[BatchTime]) -> dict[str, Any]:
    """Return the figures of batches of 100 rows and of the best batch."""
    hundred, best = next(each for each in times if each.rows == ROWS), best_batch(times)
    return {
        f"{prefix}_rows_per_s_{ROWS}": round(hundred.rows_per_s),
        f"{prefix}_p50_ms_{ROWS}": round(hundred.median_s * 1e3, 3),
        f"{prefix}_p99_ms_{ROWS}": round(hundred.p99_s * 1e3, 3),
        f"{prefix}_best_batch": best.rows,
        f"{prefix}_rows_per_s_best": round(best.rows_per_s),
    }


def bound_ratios(runtime: OnnxRuntime, sizes: Iterable[int]) -> dict[int, float]:
    """Return how much faster batches are with their inputs and outputs bound than without, by the bytes of the inputs.

    Args:
        runtime: a network on a GPU.
        sizes: rows of the batches.
    """
    session, bound = runtime._session._used
    names = [tensor.name for tensor in runtime.outputs]

    def median_s(run: Callable[..., object], feeds: Feeds, rows: int) -> float:
        (timed,) = time_batches(lambda _: lambda: run(names, feeds), (rows,), limit_s=_LIMIT_S)
        return timed.median_s

    found = {}
    for rows in sizes:
        feeds = runtime.zeros(rows)
        # One after the other, so that both meet the same machine.
        ratio = median_s(session.run, feeds, rows) / median_s(bound.run, feeds, rows)
        found[sum(array.nbytes for array in feeds.values())] = ratio
    return found


def bound_from(ratios: Mapping[int, float]) -> int | None:
    """Return the bytes from which on every batch is at least as fast when it is bound; None: the largest is not.

    >>> bound_from({80: 0.6, 800: 1.1, 8_000: 0.9, 80_000: 1.0, 800_000: 1.4})
    80000
    >>> bound_from({80: 1.2, 800: 0.9}) is None
    True
    """
    slower = [size for size, ratio in ratios.items() if ratio < 1]
    return min((size for size in ratios if size > max(slower, default=-1)), default=None)


def _batches(runtime: OnnxRuntime) -> Callable[[int], Callable[[], object]]:
    random = np.random.default_rng(1)

    def prepare(rows: int) -> Callable[[], object]:
        feeds = {
            name: random.standard_normal(array.shape, dtype=np.float32) for name, array in runtime.zeros(rows).items()
        }
        return lambda: runtime.predict(feeds)

    return prepare
