from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.elastic.answers import Answers, Seen
from benchmarks.elastic.bounds import exceeded
from benchmarks.elastic.plan import Sawtooth
from benchmarks.elastic.sawtooth import BOUNDS, figures_of, slots_over_time, worst_hour
from benchmarks.elastic.watched import Sample
from gress.autoscale.decision import Action, Cause, Decision
from gress.autoscale.policy import Policy


def sample(second: float, slots: int, action: Action = "hold", cause: Cause = "calm") -> Sample:
    current = {"a": slots} if slots else {}
    return Sample(second, round(second * 1_000), 2.5, Decision(action, cause, "", current, current))


def test_load_climbs_steadily_and_falls_at_once() -> None:
    rates = [Sawtooth(period_s=300.0).rate(second) for second in range(600)]
    assert rates[:300] == rates[300:]
    assert all(after > before for before, after in pairwise(rates[:300]))
    assert (rates[0], rates[299]) == (2.5, pytest.approx(10.0, rel=0.01))


def test_policy_and_pace_are_those_of_the_command() -> None:
    assert (Sawtooth().policy, Sawtooth().look_s) == (Policy(), 5.0)


def test_slots_change_only_where_the_cluster_says_so() -> None:
    samples = [sample(5.0, 1), sample(10.0, 0, cause="cluster"), sample(15.0, 1), sample(20.2, 3), sample(25.0, 2)]
    assert slots_over_time(samples) == [(5, 1), (20, 3), (25, 2)]


@pytest.mark.parametrize(
    ("seconds", "most"), [([], 0), ([10.0], 1), ([0.0, 3_600.0], 1), ([0.0, 1_000.0, 1_100.0, 4_000.0, 4_500.0], 4)]
)
def test_worst_hour_has_the_most_rescales(seconds: list[float], most: int) -> None:
    assert worst_hour(seconds) == most


def test_figures_follow_from_what_was_seen() -> None:
    answers = Answers(Counter({0: 1, 1: 2}), seen=[Seen(1_500, 0, 1_000), Seen(9_000, 0, 2_000), Seen(9_000, 0, 2_000)])
    samples = [sample(2.0, 1), sample(3.0, 1, "up", "load"), sample(4.0, 2, cause="budget"), sample(10.0, 2)]
    found = figures_of(3, answers, samples, 1)
    assert found == {
        "rescales": 1,
        "rescales_an_hour": 1,
        "slots": [(2, 1), (4, 2)],
        "starts": 1,
        "held_by_budget": 1,
        "waiting": 2,
        "waiting_median": 2.0,
        "rows": 3,
        "lost": 1,
        "duplicates": 1,
        "dead_letters": 0,
    }


def test_lost_row_or_fourth_rescale_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    good = dict.fromkeys(BOUNDS, 0)
    assert exceeded({**good, "rescales_an_hour": 3}, BOUNDS) == 0
    assert exceeded({**good, "rescales_an_hour": 4, "lost": 2}, BOUNDS) == 1
    expected = "rescales_an_hour: expected at most 3, got 4; lost: expected at most 0, got 2\n"
    assert capsys.readouterr().err == expected
