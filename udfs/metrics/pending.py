"""Additions of batches to the metrics, kept in memory and written about once a second.

Rules of this file:

- A batch costs a few additions for any number of rows. Only `flush` touches Prometheus' values, which cost a system
  call or a file write each.
- Nothing is lost in between: `flush` writes the additions of a concurrent batch the next time.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.metrics.catalogue import METRICS
from udfs.metrics.series import series

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Write: TypeAlias = Callable[[], None]

_FEW = 16


class PendingCounter:
    """Additions to one counter.

    Args:
        name: name in the catalogue.
        labels: label values, in the catalogue's order.
    """

    def __init__(self, name: str, *labels: str) -> None:
        self._name, self._labels = name, labels
        self._amount = 0.0
        self._is_told = False

    def add(self, amount: float) -> None:
        """Add an amount."""
        self._amount += amount

    def take(self) -> Write | None:
        """Return a function that writes the amount so far, and start again at 0; None: there is nothing to write.

        The first time even 0 is written, because a counter that appears with its first event shows no increase.
        """
        amount, self._amount = self._amount, 0.0
        is_told, self._is_told = self._is_told, True
        return partial(self._write, amount) if amount or not is_told else None

    def _write(self, amount: float) -> None:
        series(self._name, *self._labels).inc(amount)


class PendingHistogram:
    """Observations of one histogram.

    Args:
        name: name in the catalogue.
        labels: label values, in the catalogue's order.
    """

    def __init__(self, name: str, *labels: str) -> None:
        self._name, self._labels = name, labels
        self._bounds = METRICS[name].buckets
        self._edges = np.array(self._bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Observe a finite value so many times."""
        self._counts[bisect_left(self._bounds, value)] += times
        self._sum += value * times

    def add_all(self, values: NDArray[Any]) -> None:
        """Observe the finite values among (n,); others belong to no bucket and would spoil the sum."""
        if len(values) <= _FEW:
            for value in values.tolist():
                if -np.inf < value < np.inf:
                    self.add(value)
            return
        if not np.isfinite(values).all():
            values = values[np.isfinite(values)]
        places = np.searchsorted(self._edges, values)
        for place, times in enumerate(np.bincount(places, minlength=len(self._counts)).tolist()):
            self._counts[place] += times
        self._sum += float(values.sum())

    def take(self) -> Write | None:
        """Return a function that writes the observations so far, and start again; None: there are none."""
        counts, total = self._counts, self._sum
        self._counts, self._sum = [0] * len(counts), 0.0
        return partial(self._write, counts, total) if any(counts) else None

    def _write(self, counts: list[int], total: float) -> None:
        observed = series(self._name, *self._labels)
        # prometheus-client's interface observes values one by one only.
        observed._sum.inc(total)
        for bucket, times in zip(observed._buckets, counts, strict=True):
            if times:
                bucket.inc(times)


class PendingMetrics:
    """Counters and histograms of one operator, by name and labels; one thread may add while another flushes.

    Args:
        job: value of the label ``job``, the first of every metric.
    """

    def __init__(self, job: str) -> None:
        self._job = job
        self.lock = threading.Lock()
        self._flushing = threading.Lock()
        self._counters: dict[tuple[str, ...], PendingCounter] = {}
        self._histograms: dict[tuple[str, ...], PendingHistogram] = {}

    def counter(self, *key: str) -> PendingCounter:
        """Return the counter of a name and its labels after ``job``; the caller must hold the lock to add to it."""
        found = self._counters.get(key)
        if found is None:
            name, *labels = key
            found = self._counters[key] = PendingCounter(name, self._job, *labels)
        return found

    def histogram(self, *key: str) -> PendingHistogram:
        """Return the histogram of a name and its labels after ``job``; as ``counter`` otherwise."""
        found = self._histograms.get(key)
        if found is None:
            name, *labels = key
            found = self._histograms[key] = PendingHistogram(name, self._job, *labels)
        return found

    def flush(self) -> None:
        """Write everything."""
        with self._flushing:
            # Batches wait a few microseconds for the take, and never for the write.
            with self.lock:
                taken = [counter.take() for counter in self._counters.values()]
                taken += [histogram.take() for histogram in self._histograms.values()]
            for write in taken:
                if write is not None:
                    write()
