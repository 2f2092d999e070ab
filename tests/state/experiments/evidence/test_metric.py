from __future__ import annotations

import math

import pytest
from scipy import stats

from state.experiments.confidence import OneSided, TwoSided
from state.experiments.evidence.group_boundary import GroupBoundary
from state.experiments.evidence.metric import Metric, MetricEvidence

REVENUE = Metric("revenue", "goal", "higher")
LATENCY = Metric("latency_ms", "guardrail", "lower", margin=2.0)
ONE, TWO = float(OneSided().half_width(1.0, 5000)), float(TwoSided().half_width(1.0, 5000))


def looked(metric: Metric, difference: float, se: float = 1.0) -> MetricEvidence:
    return MetricEvidence(metric).updated(difference, se, 5000)


def test_bounds_are_those_of_the_boundaries() -> None:
    found = looked(LATENCY, 1.5)
    assert (found.gain.lower, found.gain.upper) == pytest.approx((-1.5 - TWO, -1.5 + TWO))
    assert found.harm.lower == pytest.approx(1.5 - 2.0 - ONE)
    assert found.safety.lower == pytest.approx(-1.5 + 2.0 - ONE)


@pytest.mark.parametrize(
    ("difference", "is_harmed", "is_safe"),
    [(2.1 + ONE, True, False), (1.9 + ONE, False, False), (1.9 - ONE, False, True), (2.1 - ONE, False, False)],
    ids=["beyond the margin", "within the margin so far", "safe", "nearly safe"],
)
def test_less_is_better_up_to_a_margin(difference: float, is_harmed: bool, is_safe: bool) -> None:
    found = looked(LATENCY, difference)
    assert (found.is_harmed, found.is_safe) == (is_harmed, is_safe)


@pytest.mark.parametrize(("difference", "sign"), [(TWO + 0.1, 1), (-TWO - 0.1, -1), (TWO - 0.1, 0)], ids=str)
def test_more_is_better_or_worse_on_both_sides(difference: float, sign: int) -> None:
    assert looked(REVENUE, difference).gain.sign == sign
    assert looked(Metric("cost", "goal", "lower"), -difference).gain.sign == sign


def test_gain_has_the_boundary_of_a_known_number_of_units_where_there_is_one() -> None:
    boundary = GroupBoundary().after_look(5000, 5000)
    found = MetricEvidence(REVENUE).updated(2.0, 1.0, 5000, boundary)
    assert found.gain.sign == 1
    assert found.gain.p == pytest.approx(2 * stats.norm.sf(2.0), rel=1e-5)
    assert found.safety == looked(REVENUE, 2.0).safety
    assert looked(REVENUE, 2.0).gain.sign == 0


def test_harm_that_was_shown_once_stays() -> None:
    assert looked(LATENCY, 3 + ONE).updated(0.0, 1.0, 6000).is_harmed


def test_before_the_first_look_nothing_is_shown() -> None:
    found = MetricEvidence(LATENCY)
    assert not found.is_harmed
    assert not found.is_safe
    assert math.isnan(found.numbers()["latency_ms.difference"])


def test_packed_and_unpacked_it_goes_on_as_before() -> None:
    found = looked(LATENCY, 1.5)
    assert MetricEvidence.unpack(LATENCY, found.pack()) == found
    assert found.pack().shape == (16,)


def test_other_formats_are_refused() -> None:
    packed = looked(LATENCY, 1.5).pack()
    packed[0] = 9
    with pytest.raises(ValueError, match="metric 'latency_ms': expected 16 numbers of version 1, got"):
        MetricEvidence.unpack(LATENCY, packed)


@pytest.mark.parametrize(("role", "margin"), [("guardrail", 0.0), ("goal", -1.0), ("signal", math.nan)], ids=str)
def test_margins_out_of_range_are_refused(role: str, margin: float) -> None:
    with pytest.raises(ValueError, match="metric 'm': expected a margin >= 0, above 0 for a guardrail, got"):
        Metric("m", role, "higher", margin)
