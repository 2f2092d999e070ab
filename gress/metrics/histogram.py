"""Prometheus' histograms, and their quantiles as Prometheus computes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Histogram:
    """Counts of observations up to bounds.

    Attributes:
        buckets: number of observations up to each upper bound, cumulative; infinity is one of the bounds.
        total: sum of the observations.
    """

    buckets: Mapping[float, float] = field(default_factory=dict)
    total: float = 0.0

    @property
    def count(self) -> float:
        """Number of observations."""
        return self.buckets.get(math.inf, 0.0)

    @property
    def mean(self) -> float | None:
        """Mean of the observations; None without any."""
        return self.total / self.count if self.count else None

    @property
    def limit(self) -> float | None:
        """The largest finite bound; the true value of a quantile that equals it may be larger."""
        return max(filter(math.isfinite, self.buckets), default=None)

    def plus(self, other: Histogram) -> Histogram:
        """Return the observations of both, by bound, as ``sum by (le)`` does."""
        bounds = {*self.buckets, *other.buckets}
        added = {bound: self.buckets.get(bound, 0.0) + other.buckets.get(bound, 0.0) for bound in bounds}
        return Histogram(added, self.total + other.total)

    def since(self, before: Histogram) -> Histogram:
        """Return the observations since ``before``; all of them if the counts restarted in between.

        The sum cannot show a restart, because negative observations decrease it, too.
        """
        has_restarted = self.buckets.keys() != before.buckets.keys() or any(
            count < before.buckets[bound] for bound, count in self.buckets.items()
        )
        if has_restarted:
            return self
        return Histogram(
            {bound: count - before.buckets[bound] for bound, count in self.buckets.items()}, self.total - before.total
        )

    def quantile(self, share: float) -> float | None:
        """Return the value that a share of the observations does not exceed, by linear interpolation in buckets.

        Args:
            share: share above 0, up to 1.

        Returns:
            None without observations; the largest finite bound if the value is above all of them.

        Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile

        >>> Histogram({1.0: 0, 2.0: 10, math.inf: 10}).quantile(0.5)
        1.5
        """
        bounds, counts = self._ascending()
        if len(bounds) < 2 or not counts[-1] > 0:
            return None
        rank = share * counts[-1]
        found = next(index for index, count in enumerate(counts) if count >= rank)
        if found == len(bounds) - 1:
            return bounds[-2]
        if found == 0 and bounds[0] <= 0:
            return bounds[0]
        lower, below = (bounds[found - 1], counts[found - 1]) if found else (0.0, 0.0)
        return lower + (bounds[found] - lower) * (rank - below) / (counts[found] - below)

    def _ascending(self) -> tuple[list[float], list[float]]:
        """Return bounds and counts; if a sum over unlike bounds made a count fall, keep the larger one."""
        bounds, counts, largest = sorted(self.buckets), [], 0.0
        for bound in bounds:
            largest = max(largest, self.buckets[bound])
            counts.append(largest)
        return bounds, counts
