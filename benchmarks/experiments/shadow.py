"""Latency of answers with a shadow beside that without, as ``latency`` measures it: single events, 500 a second.

The job is that of ``routing``: two versions of the same network, each a shadow of the other. A job with shadows and one
without are up all the time, and after a warm-up they have events by turns, ``TURN_S`` seconds each. Of each turn the
first ``_APART_S`` seconds are left out: shadows score every four seconds, and may still have rows of the turn before.

On a virtual machine the host takes a processor away now and then, for longer than an answer takes. So events of fifths
of a second in which it did are left out, too; ``stolen`` is their share. ``whole_p99_ratio`` counts all.
A figure is the median of those of all turns, a ratio that of ``pairs`` of turns side by side which have enough events;
its bounds hold the ratio of 95 % of bootstrap samples of them.

``python -m benchmarks shadow [PAIRS RATE]``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency.latency import RATE, LiveJob
from benchmarks.latency.stolen import StolenTime
from benchmarks.measure import load_average, print_figures

CONFIG = str(Path(__file__).parents[1] / "data" / "routing.yaml")
_SWITCH = "ml.ab_testing.experiments.0.enable_shadow_mode"

WARMUP_S = 30
TURN_S = 17
_APART_S = 5
_LEAST_EVENTS = 300
_SAMPLES = 10_000


def main(pairs: str = "16", rate: str = str(RATE)) -> None:
    """Print the figures."""
    if int(pairs) < 1:
        sys.exit(f"expected at least 1 pair of turns, got {pairs}")
    load = load_average()
    with (
        StolenTime() as stolen,
        LiveJob(CONFIG, (f"{_SWITCH}=false",)) as without,
        LiveJob(CONFIG, (f"{_SWITCH}=true",)) as beside,
    ):
        for job in (without, beside):
            job.send(WARMUP_S, int(rate))
        starts: dict[LiveJob, list[int]] = {without: [], beside: []}
        for turn in range(int(pairs)):
            # Each is first as often as the other.
            for job in (without, beside) if turn % 2 == 0 else (beside, without):
                starts[job].append(time.time_ns())
                job.send(TURN_S, int(rate))
        turns = [turns_of(job.end(), starts[job]) for job in (without, beside)]
    print(f"load average before {load}, after {load_average()}")
    print_figures(summarise(*([Turn(each, stolen.hit(each[:, 0])) for each in found] for found in turns)))


class Turn(NamedTuple):
    """Events of a turn.

    Attributes:
        took: (n, 2) when each was sent, in ns since 1970, and how long its answer took, in ns.
        is_hit: (n,) whether the host took a processor at that time.
    """

    took: NDArray[np.int64]
    is_hit: NDArray[np.bool_]


def turns_of(took: Sequence[tuple[int, int]], starts: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return the rows of ``took`` that count of the turns that began at some times.

    >>> second = 10**9
    >>> turns_of([(at * second, at) for at in range(40)], [10 * second, 30 * second])[1][:3, 1].tolist()
    [36, 37, 38]
    """
    rows = np.array(took)
    sent, places = rows[:, 0], np.searchsorted(starts, rows[:, 0], side="right") - 1
    return [rows[(places == place) & (sent > start + _APART_S * 10**9)] for place, start in enumerate(starts)]


def summarise(without: Sequence[Turn], beside: Sequence[Turn]) -> dict[str, float]:
    """Return the figures of turns without and with shadows, in pairs."""
    figures: dict[str, float] = {}
    for key, share in (("p50", 50), ("p99", 99)):
        pairs = np.array([_percentiles(pair, share) for pair in zip(without, beside, strict=True)])
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        if not len(pairs):
            sys.exit(f"the host took a processor so often that no turn has {_LEAST_EVENTS} events beside that")
        ratios = pairs[:, 1] / pairs[:, 0]
        samples = np.random.default_rng(0).choice(ratios, (_SAMPLES, len(ratios)))
        low, high = np.percentile(np.median(samples, axis=1), (2.5, 97.5))
        named = ("ms", "ms_with_shadow", "ratio", "ratio_low", "ratio_high")
        values = (*np.median(pairs, axis=0), np.median(ratios), low, high)
        figures |= {f"{key}_{name}": round(float(value), 3) for name, value in zip(named, values, strict=True)}
    figures["pairs"] = len(pairs)
    for name, turns in (("stolen", without), ("stolen_with_shadow", beside)):
        figures[name] = round(float(np.mean(np.concatenate([turn.is_hit for turn in turns]))), 3)
    whole = [np.concatenate([turn.took[:, 1] for turn in turns]) for turns in (without, beside)]
    return figures | {"whole_p99_ratio": round(float(np.percentile(whole[1], 99) / np.percentile(whole[0], 99)), 3)}


def _percentiles(pair: Sequence[Turn], share: float) -> list[float]:
    """Return a percentile in ms of the events of each turn that were not hit; NaN: they are too few."""
    kept = [turn.took[~turn.is_hit, 1] for turn in pair]
    return [float(np.percentile(each, share)) / 1e6 if len(each) >= _LEAST_EVENTS else np.nan for each in kept]


if __name__ == "__main__":
    main(*sys.argv[1:])
