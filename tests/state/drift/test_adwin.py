from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.drift.sequential.adwin import Adwin
from state.drift.sequential.change import Change

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RIVER["adwin"], ids=lambda case: f"{case['stream']}-{case['delta']}-{case['clock']}")
def test_changes_and_window_are_rivers(case: dict[str, Any]) -> None:
    detector = Adwin(delta=case["delta"], clock=case["clock"], least=1)
    assert positions(detector.update(RIVER["streams"][case["stream"]])) == case["changes"]
    assert detector.width == case["width"]
    assert detector.mean == pytest.approx(case["total"] / case["width"])


def positions(found: list[Change]) -> list[int]:
    return [change.position for change in found]


def gap_over_epsilon(older: Sequence[float], newer: Sequence[float], delta: float) -> float:
    """Equation 3.1 of the paper, for one cut; over 1 is a change."""
    whole = [*older, *newer]
    m = 1 / (1 / len(older) + 1 / len(newer))
    log = math.log(2 / (delta / math.log(len(whole))))
    epsilon = math.sqrt(2 / m * float(np.var(whole)) * log) + 2 / (3 * m) * log
    return abs(float(np.mean(older)) - float(np.mean(newer))) / epsilon


def slowly(values: list[float], delta: float, clock: int, least: int) -> tuple[list[int], int]:
    """The paper's ADWIN2 with its buckets kept as the values themselves, oldest first."""
    buckets: list[list[float]] = []
    changes = []
    for t, value in enumerate(values):
        buckets.append([value])
        size = 1
        while sum(len(bucket) == size for bucket in buckets) > 5:
            first = next(i for i, bucket in enumerate(buckets) if len(bucket) == size)
            buckets[first : first + 2] = [buckets[first] + buckets[first + 1]]
            size *= 2
        if (t + 1) % clock:
            continue
        is_change = False
        while has_cut(buckets, delta, least):
            is_change = True
            buckets.pop(0)
        changes += [t] * is_change
    return changes, sum(map(len, buckets))


def has_cut(buckets: list[list[float]], delta: float, least: int) -> bool:
    values = [value for bucket in buckets for value in bucket]
    if len(values) <= 2 * least:
        return False
    ends = np.cumsum([len(bucket) for bucket in buckets])[:-1]
    cuts = [end for end in ends if least <= end <= len(values) - least]
    return any(gap_over_epsilon(values[:end], values[end:], delta) > 1 for end in cuts)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 150), st.sampled_from([0.002, 0.3]))
def test_changes_are_those_of_the_paper_done_slowly(seed: int, cut: int, delta: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.beta(2, 5, cut), rng.beta(5, 2, 200 - cut)]).tolist()
    detector = Adwin(delta=delta, clock=8)
    changes = positions(detector.update(values))
    assert (changes, detector.width) == slowly(values, delta, 8, 5)


def test_steady_stream_is_kept_whole_in_few_buckets() -> None:
    detector = Adwin()
    values = np.random.default_rng(0).random(20_000)
    assert detector.update(values) == []
    assert detector.width == 20_000
    assert detector.mean == pytest.approx(values.mean())
    assert sum(detector.snapshot()["levels"]) <= 5 * 13


def test_false_changes_stay_below_delta() -> None:
    rng = np.random.default_rng(1)
    assert sum(len(Adwin(delta=0.05).update(rng.random(1000) < 0.1)) for _ in range(100)) <= 5


def test_values_outside_0_to_1_count_as_the_nearer_end() -> None:
    ends = Adwin()
    ends.update([-math.inf, 5.0, math.nan])
    assert (ends.width, ends.mean) == (2, 0.5)


def test_change_is_between_the_sides_of_the_clearest_cut() -> None:
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(0.3, 0.1, 640), rng.normal(0.5, 0.1, 640)]).clip(0, 1)
    detector = Adwin(clock=1)
    (change, *_) = detector.update(values)
    seen = values[: change.position + 1]
    # The values as buckets: none of them was dropped before.
    before = Adwin(clock=2000)
    before.update(seen)
    ends = np.cumsum(before._buckets()[0]).astype(int)[:-1]
    golden = max((gap_over_epsilon(seen[:end], seen[end:], 0.002), end) for end in ends if 5 <= end <= len(seen) - 5)[1]
    older, newer = seen[:golden], seen[golden:]
    assert change.shift == pytest.approx(newer.mean() - older.mean())
    variance = (older.var() * len(older) + newer.var() * len(newer)) / len(seen)
    noise = 1 / len(older) + 1 / len(newer)
    assert change.score == pytest.approx(1 - 5 ** (-(change.shift**2 / variance - noise) / 0.25))


def test_no_values_no_mean() -> None:
    assert math.isnan(Adwin().mean)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"delta": 1.0}, "expected 0 < delta < 1, clock >= 1 and least >= 1, got 1.0, 32, 5; the defaults"),
        ({"least": 0}, "got 0.002, 32, 0"),
        ({"clock": 0}, "got 0.002, 0, 5"),
    ],
    ids=["delta", "least", "clock"],
)
def test_setting_out_of_range_is_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Adwin(**setting)


def test_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match=r"values: expected \(n,\), got shape \(2, 2\)"):
        Adwin().update(np.ones((2, 2)))
