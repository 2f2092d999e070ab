from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift.sequential.page_hinkley import PageHinkley

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))
OURS = {"min_instances": "least", "delta": "tolerance", "threshold": "threshold", "alpha": "fading"}


def ours(settings: dict[str, Any]) -> PageHinkley:
    direction = {"up": "rise", "down": "fall", "both": "both"}[settings.get("mode", "both")]
    named = {OURS[name]: value for name, value in settings.items() if name != "mode"}
    return PageHinkley(direction=direction, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", RIVER["page_hinkley"], ids=lambda case: f"{case['stream']}-{case['settings']}")
def test_changes_are_rivers(case: dict[str, Any]) -> None:
    assert ours(case["settings"]).update(RIVER["streams"][case["stream"]]).tolist() == case["changes"]


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
    assert PageHinkley(least=5, tolerance=0.01, threshold=3, fading=1).update(values).tolist() == golden


def test_nan_is_passed_over() -> None:
    values = RIVER["streams"]["abrupt"]
    with_gaps = np.asarray([(value, np.nan) for value in values]).ravel()
    plain, gappy = PageHinkley(threshold=3), PageHinkley(threshold=3)
    assert gappy.update(with_gaps).tolist() == [2 * i for i in plain.update(values)]
    assert gappy.snapshot() == plain.snapshot()


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
