from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift.sequential.change import Change
from state.drift.sequential.page_hinkley import PageHinkley

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))
OURS = {"min_instances": "least", "delta": "tolerance", "threshold": "threshold", "alpha": "fading"}


def positions(found: list[Change]) -> list[int]:
    return [change.position for change in found]


def ours(settings: dict[str, Any]) -> PageHinkley:
    direction = {"up": "rise", "down": "fall", "both": "both"}[settings.get("mode", "both")]
    named = {OURS[name]: value for name, value in settings.items() if name != "mode"}
    return PageHinkley(direction=direction, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", RIVER["page_hinkley"], ids=lambda case: f"{case['stream']}-{case['settings']}")
def test_changes_are_rivers(case: dict[str, Any]) -> None:
    assert positions(ours(case["settings"]).update(RIVER["streams"][case["stream"]])) == case["changes"]


@given(st.lists(st.floats(-5, 5), max_size=120))
def test_without_fading_changes_are_those_of_pages_sums(values: list[float]) -> None:
    golden, start = [], 0
    for t in range(len(values)):
        part = np.asarray(values[start : t + 1])
        means = np.cumsum(part) / np.arange(1, len(part) + 1)
        rise, fall = np.cumsum(part - means - 0.01), np.cumsum(part - means + 0.01)
        if len(part) >= 5 and max(rise[-1] - rise.min(), fall.max() - fall[-1]) > 3:
            golden.append(t)
            start = t + 1
    assert positions(PageHinkley(least=5, tolerance=0.01, threshold=3, fading=1).update(values)) == golden


def test_nan_is_passed_over() -> None:
    values = RIVER["streams"]["abrupt"]
    with_gaps = np.asarray([(value, np.nan) for value in values]).ravel()
    plain, gappy = PageHinkley(threshold=3), PageHinkley(threshold=3)
    assert positions(gappy.update(with_gaps)) == [2 * i for i in positions(plain.update(values))]
    assert gappy.snapshot() == plain.snapshot()


@pytest.mark.parametrize("sign", [1, -1], ids=["rise", "fall"])
def test_change_is_from_the_values_up_to_the_turn_to_those_after(sign: int) -> None:
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(0, 0.1, 300), rng.normal(sign * 0.3, 0.1, 300)])
    (change, *_) = PageHinkley(threshold=5, tolerance=0, fading=1).update(values)
    seen = values[: change.position + 1]
    sums = np.cumsum(sign * (seen - np.cumsum(seen) / np.arange(1, len(seen) + 1)))
    turn = int(sums.argmin()) + 1
    before, after = seen[:turn], seen[turn:]
    assert change.shift == pytest.approx(after.mean() - before.mean())
    variance = (before.var() * len(before) + after.var() * len(after)) / len(seen)
    noise = 1 / len(before) + 1 / len(after)
    assert change.score == pytest.approx(1 - 5 ** (-(change.shift**2 / variance - noise) / 0.25))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"least": 0}, "expected least >= 1, tolerance >= 0, threshold > 0 and 0 < fading <= 1, got 0, 0.005, 50.0"),
        ({"fading": 1.1}, "got 30, 0.005, 50.0, 1.1"),
        ({"threshold": float("nan")}, "got 30, 0.005, nan"),
        ({"direction": "up"}, "expected direction both, rise or fall, got 'up'"),
    ],
    ids=["least", "fading", "threshold", "direction"],
)
def test_setting_out_of_range_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PageHinkley(**settings)


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="values: expected finite numbers"):
        PageHinkley().update([1.0, float("inf")])
