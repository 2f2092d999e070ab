"""Cards come and go in the events of the memory benchmark, and its slopes are those of its samples."""

from __future__ import annotations

import pytest

from benchmarks.windows.memory import ALIVE, LIFE_S, events, summarise


def test_a_card_is_seen_for_its_life_and_never_again() -> None:
    rate = 2_000
    cards = {event["CUSTOMER_ID"] for event in events(0, 60_000, rate)}
    later = int((LIFE_S + 1) * rate)
    assert max(cards) <= 2 * ALIVE
    assert min(event["CUSTOMER_ID"] for event in events(later, later + 1_000, rate)) > ALIVE
    times = [event["TX_DATETIME"] for event in events(0, 1_000, rate)]
    assert times == sorted(times)


def test_slope_is_of_the_second_half() -> None:
    samples = [
        {"at_s": at, "jvm_mb": max(at, 60.0), "workers_mb": 100 + at / 60, "state_mb": 5.0} for at in range(0, 121, 5)
    ]
    found = summarise(samples, 120)
    assert found["jvm_mb_per_min"] == pytest.approx(60)
    assert found["workers_mb_per_min"] == pytest.approx(1)
    assert (found["state_mb"], found["state_mb_per_min"]) == (5.0, 0.0)
