from __future__ import annotations

import math
import re

import pytest

from gress.experiments.power_table import (
    LOOKS,
    Wanted,
    default_deviation,
    parse_lift,
    parse_share,
    power_table,
)
from jobs.errors import JobError
from state.experiments.power import between_arms, fixed_units, group_sequential_units, on_same_rows, sequence_units


def test_units_are_those_of_the_textbook() -> None:
    """A shop with 5 % buyers that is to notice a change of 5 % needs 121,600 users a variant, with 16 for 15.7.

    Source: Kohavi et al., Controlled experiments on the web, Data Mining and Knowledge Discovery 18, 2009, section 3.2.
    """
    wanted = Wanted(parse_lift("5%", 0.05), default_deviation(0.05, 0.0025))
    at_the_end = power_table(wanted)[0]
    assert at_the_end.treatment == pytest.approx(121_600 * 15.7 / 16, rel=1e-3)
    assert at_the_end.units == 2 * at_the_end.treatment


@pytest.mark.parametrize("share", [0.5, 0.1], ids=str)
def test_rows_are_those_of_the_plan(share: float) -> None:
    rows = power_table(Wanted(0.3, 2.0, share=share, alpha=0.01, power=0.9, correlation=0.75, units_per_day=40.0))
    plans = {
        "ab": between_arms(0.3, 2.0, share=share, alpha=0.01, power=0.9),
        "shadow": on_same_rows(0.3, 2.0, 0.75, alpha=0.01, power=0.9),
    }
    assert [row.test for row in rows] == ["ab"] * 3 + ["shadow"] * 3
    for once, groups, anytime in (rows[:3], rows[3:]):
        plan = plans[once.test]
        assert once.units == fixed_units(plan)
        assert groups.units == group_sequential_units(plan, looks=LOOKS)
        assert anytime.units == sequence_units(plan, anytime.planned_units or 0)
        assert (once.planned_units, groups.planned_units) == (None, None)
        # Pairs have no end.
        assert groups.max_units == (groups.units if groups.test == "ab" else None)
        assert (once.max_units, anytime.max_units) == (None, None)
    for row in rows:
        assert row.days == row.units / 40
        assert row.treatment == (math.ceil(row.units * share) if row.test == "ab" else row.units)


def test_sequence_is_planned_for_its_end() -> None:
    plan = between_arms(0.3, 2.0)
    (*_, anytime) = power_table(Wanted(0.3, 2.0))
    assert anytime.planned_units == pytest.approx(anytime.units, rel=0.001)
    others = [sequence_units(plan, anytime.units * factor) for factor in (0.25, 0.5, 2, 4)]
    assert anytime.units < 1.02 * min(others)


def test_no_shadow_and_no_days_without_being_asked() -> None:
    rows = power_table(Wanted(0.3, 2.0))
    assert [(row.test, row.days) for row in rows] == [("ab", None)] * 3


@pytest.mark.parametrize(
    ("text", "baseline", "lift"), [("5%", 40.0, 2.0), ("-5%", 40.0, -2.0), ("0.02", 40.0, 0.02), ("+1", 0.0, 1.0)]
)
def test_lifts(text: str, baseline: float, lift: float) -> None:
    assert parse_lift(text, baseline) == pytest.approx(lift)


@pytest.mark.parametrize(("text", "baseline"), [("much", 1.0), ("%", 1.0), ("0", 1.0), ("0%", 1.0), ("inf", 1.0)])
def test_what_is_no_lift_is_refused(text: str, baseline: float) -> None:
    whole = (
        f"--lift: expected a percentage of the baseline, or a number in its unit, and a difference, got {text!r}; 5%"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        parse_lift(text, baseline)


@pytest.mark.parametrize("baseline", [0.0, math.nan, math.inf], ids=str)
def test_percentage_of_nothing_is_refused(baseline: float) -> None:
    whole = (
        f"--baseline: expected a number other than 0, of which the lift is a percentage, got {baseline:g}; --lift 0.01"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        parse_lift("5%", baseline)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(0.3, math.inf), "0 < alpha < power < 1, none within a millionth of 0 or 1, got 0.3, inf, "),
        (Wanted(0.3, 1e300), "got 0.3, inf, 0.05 and 0.8"),
        (Wanted(0.3, 2.0, alpha=1e-300), "got 0.3, 16.0, 1e-300 and 0.8"),
        (Wanted(0.3, 2.0, power=1 - 1e-16), "got 0.3, 16.0, 0.05 and 0.9999999999999999"),
        (Wanted(0.3, 2.0, correlation=-5.0), "correlation: expected a number from -1 to 1, got -5.0"),
        (Wanted(0.3, 2.0, correlation=math.nan), "correlation: expected a number from -1 to 1, got nan"),
        (
            Wanted(1e-12, 0.2),
            "a difference of a millionth of 0.4 or more, the deviation of a unit's part in it, got 1e-12",
        ),
        (Wanted(1e-300, 0.2), "a difference of a millionth of 0.4 or more"),
    ],
    ids=["no deviation", "square", "alpha", "power", "correlation", "no correlation", "tiny", "least"],
)
def test_plan_that_takes_endless_units_is_refused_in_a_line(wanted: Wanted, why: str) -> None:
    with pytest.raises(JobError, match=re.escape(why)):
        power_table(wanted)


@pytest.mark.parametrize(("text", "share"), [("50%", 0.5), ("0.2", 0.2), ("2.5%", 0.025)])
def test_shares(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["50", "0", "100%", "half"])
def test_what_is_no_share_is_refused(text: str) -> None:
    whole = f"--share: expected a percentage, or a number between 0 and 1, got {text!r}; 50% takes the fewest units"
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        parse_share(text)


@pytest.mark.parametrize("baseline", [0.0, 1.0, 42.0], ids=str)
def test_deviation_of_what_is_no_rate_is_asked_for(baseline: float) -> None:
    whole = (
        f"--deviation: expected a standard deviation, as a baseline of this size is no rate, got {baseline:g}; "
        "give that of a unit's value"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        default_deviation(baseline, 0.01)


@pytest.mark.parametrize(
    ("baseline", "lift", "change"),
    [(0.05, "5", "+5, which takes 0.05 to 5.05"), (0.1, "-0.2", "-0.2, which takes 0.1 to -0.1")],
)
def test_lift_that_takes_a_rate_out_of_range_is_refused(baseline: float, lift: str, change: str) -> None:
    whole = (
        f"--lift: expected a change after which a rate is from 0 to 1, got {change}; a percentage is one of the base"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}line$"):
        default_deviation(baseline, parse_lift(lift, baseline))


def test_power_below_alpha_is_refused_in_a_line() -> None:
    whole = (
        "gress experiments power: plan: expected a difference other than 0, a variance > 0 and 0 < alpha < power < 1, "
        "none within a millionth of 0 or 1, got 0.3, 16.0, 0.05 and 0.04; use alpha 0.05 and power 0.8"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        power_table(Wanted(0.3, 2.0, power=0.04))
