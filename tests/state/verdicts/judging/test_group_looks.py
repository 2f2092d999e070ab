"""Tests of goals that end at a known number of units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from state.experiments.confidence import TwoSided
from state.experiments.evidence.metric import Metric
from state.experiments.group_sequential import critical_values
from state.verdicts.judging.group_looks import LOOKS, GroupLooks
from state.verdicts.judging.judge import Judge
from state.verdicts.judging.trial import Measured, Trial
from tests.state.verdicts.trials import AT, HOUR, Arm, sums, trial

GOAL = Metric("value", "goal", "higher", most=10_000)
GUARD = Metric("guard", "guardrail", "higher", margin=0.5, most=10_000)


def used(clocks: list[float], metric: Metric = GOAL) -> list[float]:
    """Return the fractions of the looks that are used."""
    looks, found = GroupLooks(), []
    for clock in clocks:
        boundary = looks.boundary(1, metric, clock)
        assert boundary is not None
        if math.isfinite(boundary.half_width(1.0, clock)):
            found.append(boundary.fractions[-1])
    return found


def test_looks_are_a_twentieth_apart_at_least_and_the_last_one_is_at_the_end() -> None:
    assert used([1_000, 1_400, 1_500, 1_999, 9_700, 9_800, 10_000]) == [0.1, 0.15, 0.97, 1.0]
    assert used([9_760, 10_400, 12_000]) == [1.0]
    assert used([0.0]) == []
    # The first of them has nothing to spend.
    assert len(used([float(clock) for clock in range(10, 10_010, 10)])) == LOOKS - 1


def test_metric_without_an_end_and_one_that_is_no_goal_have_no_such_looks() -> None:
    assert GroupLooks().boundary(1, Metric("value", "goal", "higher"), 5_000) is None
    assert GroupLooks().boundary(1, GUARD, 5_000) is None


def test_boundary_is_that_of_the_looks_so_far() -> None:
    looks = GroupLooks()
    widths = [looks.boundary(1, GOAL, clock).half_width(1.0, clock) for clock in (2_000, 5_000, 10_000)]  # type: ignore[union-attr]
    assert widths == pytest.approx(critical_values([0.2, 0.5, 1.0]).tolist())


def test_equal_variants_are_seldom_told_apart_and_better_ones_sooner_than_by_a_sequence() -> None:
    dice, tests, windows, units = np.random.default_rng(12), 1_000, 60, 100
    metric = Metric("value", "goal", "higher", most=windows * units)
    clock = np.arange(1, windows + 1) * units
    noise = 2 / np.sqrt(clock)  # of a difference of two halves with deviations of 1
    by_chance = dice.standard_normal((tests, windows)).cumsum(axis=1) / np.arange(1, windows + 1) ** 0.5 * noise
    looks = GroupLooks()
    groups = np.array([looks.boundary(1, metric, at).half_width(se, at) for at, se in zip(clock, noise, strict=True)])  # type: ignore[union-attr]
    false = (np.abs(by_chance) >= groups).any(axis=1).mean()
    assert 0.01 < false <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / tests)
    power = [
        (by_chance + 0.09 >= bound).any(axis=1).mean()
        for bound in (groups, TwoSided(planned=windows * units).half_width(noise, clock))
    ]
    assert power[0] > 0.85
    assert power[0] > power[1] + 0.1


def ending(*metrics: Metric) -> Trial:
    return trial(*map(Measured, metrics))


def look(judge: Judge, at_ms: int, units: int, mean: float = 1.0) -> dict[str, Any]:
    (record,) = judge.look([sums({0: Arm(units=units), 1: Arm(units=units, mean=mean)})], at_ms)
    return record


def test_goal_that_is_no_better_at_the_end_is_undecided_and_says_so() -> None:
    judge = Judge(ending(GOAL))
    assert look(judge, AT, 2_000)["reasons"][0].startswith("goal value is open: ")
    record = look(judge, AT + HOUR, 6_000)
    assert record["action"] == "continue"
    assert record["reasons"][0].startswith("goal value is undecided, as the test has ended at 10,000: difference 0,")
    assert record["rules"]["metrics"]["value"]["max_units"] == 10_000
    # A look after the end decides nothing.
    assert look(judge, AT + 2 * HOUR, 7_000, mean=2.0)["numbers"]["value.gain_p"] == record["numbers"]["value.gain_p"]


def test_looks_are_kept_over_a_restart() -> None:
    through, before, after = (Judge(ending(GOAL)) for _ in range(3))
    for judge in (through, before):
        look(judge, AT, 1_000, 1.02)
    after.restore(before.to_bytes())
    records = [look(judge, AT + HOUR, 3_000, 1.07) for judge in (through, after)]
    assert records[0] == records[1]
    assert records[0]["action"] == "promote"
    plain = critical_values([0.2, 0.6])[-1] * records[0]["numbers"]["value.se"]
    assert records[0]["numbers"]["value.gain_lower"] == pytest.approx(0.07 - plain)
