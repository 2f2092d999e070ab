"""Times of a runtime by rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.runtimes.gpu.bound_run import BIND_FROM_BYTES
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


def bound_ratio(runtime: OnnxRuntime, times: Sequence[BatchTime]) -> float:
    """Return how much faster a large batch is with its inputs and outputs bound than without.

    Args:
        runtime: a network on a GPU.
        times: its times; the largest batch among them counts, or the smallest that is bound.
    """
    row_bytes = sum(array.nbytes for array in runtime.zeros(1).values())
    rows = max(times[-1].rows, -(-BIND_FROM_BYTES // row_bytes))
    (bound,) = time_batches(_batches(runtime), (rows,), limit_s=_LIMIT_S)
    session = runtime._session._used[0]
    names = [tensor.name for tensor in runtime.outputs]

    def plain(size: int) -> Callable[[], object]:
        feeds = runtime.zeros(size)
        return lambda: session.run(names, feeds)

    (unbound,) = time_batches(plain, (rows,), limit_s=_LIMIT_S)
    return unbound.median_s / bound.median_s


def _batches(runtime: OnnxRuntime) -> Callable[[int], Callable[[], object]]:
    random = np.random.default_rng(1)

    def prepare(rows: int) -> Callable[[], object]:
        feeds = {
            name: random.standard_normal(array.shape, dtype=np.float32) for name, array in runtime.zeros(rows).items()
        }
        return lambda: runtime.predict(feeds)

    return prepare
