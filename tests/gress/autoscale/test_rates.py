from __future__ import annotations

from dataclasses import replace

import pytest

from gress.autoscale.ds2 import Rates
from gress.autoscale.graph import Look, Totals, Vertex
from gress.autoscale.rates import rates_between, seconds_between, source_targets

SOURCE = Vertex("s", "source", 2, 120, pending=100.0, totals=Totals(1_000.0, 4_000.0, 10_000.0, 6_000.0))
WORK = Vertex("w", "work", 1, 120, ("s",), totals=Totals(1_000.0, 8_000.0, 2_000.0, 0.0))
BEFORE = Look(0.0, "RUNNING", True, {"s": SOURCE, "w": WORK}, 8, 1)
# Ten seconds of each task later; two tasks of the source have twenty together.
LATER = {
    "s": replace(SOURCE, pending=160.0, totals=Totals(1_200.0, 9_000.0, 20_000.0, 11_000.0)),
    "w": replace(WORK, totals=Totals(1_150.0, 17_000.0, 3_000.0, 0.0)),
}
AFTER = replace(BEFORE, at_s=99.0, vertices=LATER)


def test_rates_are_over_the_tasks_own_time() -> None:
    assert seconds_between(BEFORE, AFTER, "s") == 10.0
    assert rates_between(BEFORE, AFTER) == {"s": Rates(2, 20.0, 0.25), "w": Rates(1, 15.0, 0.9)}


@pytest.mark.parametrize(
    "totals",
    [None, WORK.totals, Totals(900.0, 9_000.0, 9_000.0, 0.0)],
    ids=["not reported", "nothing new", "began anew"],
)
def test_counts_that_tell_nothing_give_no_rates(totals: Totals | None) -> None:
    after = replace(AFTER, vertices={**LATER, "w": replace(WORK, totals=totals)})
    assert rates_between(BEFORE, after) is None


def test_records_passed_on_are_a_rate_too() -> None:
    before = replace(BEFORE, vertices={"s": replace(SOURCE, totals=Totals(0.0, 0.0, 0.0, 0.0)), "w": WORK})
    after = {**LATER, "s": replace(SOURCE, totals=Totals(200.0, 5_000.0, 15_000.0, 0.0, 300.0))}
    rates = rates_between(before, replace(AFTER, vertices=after))
    assert rates is not None
    assert rates["s"] == Rates(2, 20.0, 0.25, 30.0)


def test_vertex_that_was_not_there_before_gives_no_rates() -> None:
    assert rates_between(replace(BEFORE, vertices={"s": SOURCE}), AFTER) is None


def target(before: Look = BEFORE, after: Look = AFTER, **given: float) -> float:
    rates = rates_between(before, after)
    assert rates is not None
    return source_targets(before, after, rates, **{"catch_up_s": 100.0, "restart_s": 2.0, **given})["s"]


def test_source_takes_what_arrives_and_what_waits() -> None:
    # 20 a second were read and 6 more arrived; 160 wait, and 52 more after a rescale.
    assert target() == pytest.approx(20 + 6 + (160 + 52) / 100)


def test_short_backlog_is_not_worth_the_time_of_a_rescale() -> None:
    assert target(restart_s=10.0) == pytest.approx(20 + 6 + 160 / 100)


def test_backlog_that_shrinks_was_not_all_that_arrived() -> None:
    before = replace(BEFORE, vertices={"s": replace(SOURCE, pending=260.0), "w": WORK})
    assert target(before, catch_up_s=1e9) == pytest.approx(20 - 10, abs=1e-3)


def test_arrivals_are_not_below_zero() -> None:
    before = replace(BEFORE, vertices={"s": replace(SOURCE, pending=1e6), "w": WORK})
    assert target(before, catch_up_s=1e9) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("held_up_ms", "expected"), [(6_000.0, 20.0), (11_000.0, 20 / 0.75), (26_000.0, 40.0)])
def test_source_without_a_backlog_would_bring_more_if_it_were_not_held_up(held_up_ms: float, expected: float) -> None:
    silent = replace(SOURCE, pending=None)
    spent = 20_000.0 - (held_up_ms - 6_000.0)
    later = replace(silent, totals=Totals(1_200.0, 4_000.0, 10_000.0 + spent, held_up_ms))
    before = replace(BEFORE, vertices={"s": silent, "w": WORK})
    assert target(before, replace(AFTER, vertices={"s": later, "w": LATER["w"]})) == pytest.approx(expected)
