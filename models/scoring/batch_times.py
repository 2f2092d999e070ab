"""Times of a model by rows of a batch, and the batch that is worth taking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import ModelError
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import interpret
from models.scoring.sample_rows import examples, plain_feeds, sample_feeds, with_values

BATCH_ROWS = (1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Sizes to try, in rows."""

_LEAST_CALLS, _MOST_CALLS = 5, 1_000


@dataclass(frozen=True)
class BatchTime:
    """Time of one call of a model.

    Attributes:
        rows: rows of the batch.
        median_s: median of its calls, in seconds.
        p99_s: 99th percentile of its calls, in seconds.
    """

    rows: int
    median_s: float
    p99_s: float

    @property
    def rows_per_s(self) -> float:
        """Rows a second of one call after the other."""
        return self.rows / self.median_s


def time_batches(
    prepare: Callable[[int], Callable[[], object]],
    sizes: Iterable[int] = BATCH_ROWS,
    *,
    limit_s: float,
    budget_s: float = 0.5,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[BatchTime, ...]:
    """Time calls of each size, the smallest first, up to the first that takes longer than a limit.

    Args:
        prepare: function that makes a batch of so many rows and returns the call that scores it.
        sizes: rows of the batches, ascending.
        limit_s: longest median of a call; the first size is timed whatever it takes.
        budget_s: time for the calls of one size; there are 5 at least and 1,000 at most, after one that is not counted.
        clock: function that returns seconds.
    """
    found: list[BatchTime] = []
    for rows in sizes:
        call = prepare(rows)
        # The first reserves memory and chooses algorithms for this number of rows.
        call()
        seconds: list[float] = []
        while len(seconds) < _LEAST_CALLS or (sum(seconds) < budget_s and len(seconds) < _MOST_CALLS):
            start = clock()
            call()
            seconds.append(clock() - start)
        timed = BatchTime(rows, float(np.median(seconds)), float(np.quantile(seconds, 0.99)))
        if found and timed.median_s > limit_s:
            break
        found.append(timed)
    return tuple(found)


def best_batch(times: Sequence[BatchTime], *, within: float = 0.05) -> BatchTime:
    """Return the smallest batch whose rate is within a share of the best: more rows would only wait for each other.

    Args:
        times: at least one.
        within: share of the best rate that may be missing, in [0, 1).

    >>> times = [BatchTime(1, 1e-3, 1e-3), BatchTime(100, 2e-3, 3e-3), BatchTime(1000, 19e-3, 20e-3)]
    >>> [best_batch(times, within=share).rows for share in (0.01, 0.05)]
    [1000, 100]
    """
    best = max(each.rows_per_s for each in times)
    return next(each for each in times if each.rows_per_s >= (1 - within) * best)


def batches_of(model: LoadedModel) -> Callable[[int], Callable[[], object]]:
    """Return the function that makes a batch of drawn rows for a model, and the call that scores it.

    A model that cannot score drawn rows gets zeros, empty texts and the values that its spec records.
    """
    spec, runtime = model.spec, model.runtime

    def prepare(rows: int) -> Callable[[], object]:
        width = len(spec.feature_columns or ()) or 1
        feeds = with_values(sample_feeds(runtime, rows, width, np.ones(1)), examples(spec))
        try:
            interpret(runtime.predict(feeds), spec, rows)
        except ModelError:
            feeds = plain_feeds(spec, runtime, rows)
        return lambda: interpret(runtime.predict(feeds), spec, rows)

    return prepare
