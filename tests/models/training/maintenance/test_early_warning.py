from __future__ import annotations

import math

import numpy as np
import pytest

from models.training.maintenance.early_warning import early_warning

PART = np.repeat(["a", "b", "c"], 100)
LEFT = np.tile(np.arange(99, -1, -1), 3)


@pytest.mark.parametrize(
    ("alerts", "warned", "median_h", "false_share"),
    [
        ({"a": (30, 0), "b": (10, 5), "c": (2, 0)}, 3, 10, 0.0),
        ({"a": (30, 0)}, 1, 0, 0.0),
        ({"a": (91, 90), "b": (72, 72)}, 1, 0, 2 / 3),
        ({"a": (80, 0), "b": (72, 0), "c": (71, 0)}, 3, 72, 8 / 226),
    ],
    ids=["all", "one of three", "too early is false", "spell that begins too early counts from 72 hours"],
)
def test_warning_is_the_first_alert_of_the_last_three_days(
    alerts: dict[str, tuple[int, int]], warned: int, median_h: float, false_share: float
) -> None:
    is_alert = np.zeros(len(PART), bool)
    for part, (first, last) in alerts.items():
        is_alert |= (part == PART) & (first >= LEFT) & (last <= LEFT)
    found = early_warning(PART, LEFT, is_alert)
    assert (found.failures, found.warned, found.median_h) == (3, warned, median_h)
    assert found.false_share == pytest.approx(false_share)


def test_no_alert_warns_of_nothing() -> None:
    found = early_warning(PART, LEFT, np.zeros(len(PART), bool))
    assert (found.warned, found.median_h) == (0, 0)
    assert math.isnan(found.false_share)
