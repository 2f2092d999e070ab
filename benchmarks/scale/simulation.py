"""Simulations: events that wait after a failure, and keys that are not alike."""

from __future__ import annotations

import numpy as np

from benchmarks.scale.costs import SHARDS

_ALONE = 1_000_000


def drain_s(events_per_s: float, capacity_per_s: float, down_s: float, repeated_s: float, step_s: float = 1.0) -> float:
    """Return the seconds from a failure until no event waits, step by step.

    Args:
        events_per_s: events that come, all the time.
        capacity_per_s: events that the job takes while it runs; more than come.
        down_s: how long it takes nothing.
        repeated_s: age of the last checkpoint, from which it reads again.
        step_s: length of a step.
    """
    if capacity_per_s <= events_per_s:
        return float("inf")
    waiting, now = events_per_s * repeated_s, 0.0
    while now < down_s or waiting > 0:
        waiting += events_per_s * step_s
        if now >= down_s:
            waiting -= capacity_per_s * step_s
        now += step_s
    return now


def hottest_share(exponent: float, keys: int, *, shards: int = SHARDS, seed: int = 1) -> float:
    """Return the share of all events that the fullest shard gets, with keys by Zipf's law.

    The first million keys are dealt out one by one, the rest evenly.

    Args:
        exponent: exponent of the law; 0: all keys are the same.
        keys: number of keys.
        shards: number of shards.
        seed: seed of the deal.

    Example:
        >>> hottest_share(0.0, 100) > 1 / 32
        True
    """
    alone = min(keys, _ALONE)
    weights = np.arange(1, alone + 1, dtype=np.float64) ** -exponent
    rest = _tail(exponent, alone, keys)
    dealt = np.random.default_rng(seed).integers(0, shards, alone)
    loads = np.bincount(dealt, weights, shards) + rest / shards
    return float(loads.max() / loads.sum())


def _tail(exponent: float, after: int, keys: int) -> float:
    """Return the weights of the keys after some, by the integral that the sum comes close to."""
    low, high = after + 0.5, keys + 0.5
    if exponent == 1.0:
        return float(np.log(high / low))
    return float((high ** (1 - exponent) - low ** (1 - exponent)) / (1 - exponent))
