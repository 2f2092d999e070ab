"""Rounds of a bandit, from the propensities of logged rows.

A row holds the share of its own variant alone. Shares that were in force together sum to 1, so the scan of the rows in
the order of time finds a round where the latest shares of all variants do. Rounds of equal shares are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from gress.experiments.reading.logged_rows import LoggedRows
from jobs.errors import refuse

_CLOSE = 1e-6
Shares = tuple[float, ...]


def rounds_of(experiment: ExperimentSettings, rows: LoggedRows) -> list[tuple[Shares, NDArray[np.bool_]]]:
    """Return the shares of the variants in each round in the order of time, and whether each row is of the round.

    Raises:
        JobError: some propensity fits no shares that sum to 1.
    """
    order = np.argsort(rows.times, kind="stable")
    found = _rounds(rows, order, len(experiment.variants))
    places = np.full(len(rows), -1, np.int64)
    for arm, share in sorted(set(zip(rows.arms.tolist(), rows.propensity.tolist(), strict=True))):
        own = np.flatnonzero((rows.arms == arm) & (rows.propensity == share))
        fitting = [(begun, place) for place, (shares, begun) in enumerate(found) if shares[arm] == share]
        if not fitting:
            name, text = experiment.variants[arm].name, ", ".join(f"{each:g}" for each in sorted(_of(rows, arm)))
            expected = f"propensities of variant {name!r} that sum to 1 with those of the others"
            advice = "replay the rows of whole looks, and of all variants"
            refuse(f"experiment {experiment.name!r}", expected, text, advice)
        # A variant may keep its share, such as the floor, over two rounds: then the rows' times tell them apart.
        begun = np.array([each for each, _ in fitting])
        latest = np.maximum(np.searchsorted(begun, rows.times[own], side="right") - 1, 0)
        places[own] = np.array([place for _, place in fitting])[latest]
    return [(shares, places == place) for place, (shares, _) in enumerate(found) if (places == place).any()]


def _rounds(rows: LoggedRows, order: NDArray[np.intp], arms: int) -> list[tuple[Shares, int]]:
    """Return shares that sum to 1, with the time at which the first of them was in force."""
    present: dict[int, float] = {}
    since: dict[int, int] = {}
    found: dict[Shares, int] = {}
    last: Shares = (0.0,) * arms
    for row in _changes(rows, order, arms):
        arm = int(rows.arms[row])
        present[arm], since[arm] = float(rows.propensity[row]), int(rows.times[row])
        whole = next((some for some in _parts(present, arm) if abs(sum(some.values()) - 1) <= _CLOSE), None)
        if whole is not None:
            shares = tuple(whole.get(each, 0.0) for each in range(arms))
            changed = (since[each] for each in whole if shares[each] != last[each])
            found.setdefault(shares, min(changed, default=since[arm]))
            last = shares
    return list(found.items())


def _changes(rows: LoggedRows, order: NDArray[np.intp], arms: int) -> list[int]:
    """Return the rows with another propensity than the one of their variant before, in the order of time."""
    changes = []
    for arm in range(arms):
        own = order[rows.arms[order] == arm]
        is_new = np.ones(len(own), np.bool_)
        is_new[1:] = np.diff(rows.propensity[own]) != 0
        changes += own[is_new].tolist()
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return sorted(changes, key=lambda row: int(ranks[row]))


def _parts(present: dict[int, float], arm: int) -> Iterator[dict[int, float]]:
    """Yield the shares of all variants, then those without one or more others: they may have been rolled back."""
    others = [each for each in present if each != arm]
    for size in range(len(others), -1, -1):
        for some in combinations(others, size):
            yield {each: present[each] for each in (*some, arm)}


def _of(rows: LoggedRows, arm: int) -> set[float]:
    return set(rows.propensity[rows.arms == arm].tolist())
