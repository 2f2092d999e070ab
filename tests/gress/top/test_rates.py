from __future__ import annotations

import pytest

from gress.metrics.scrape import Scrape, parse
from gress.top.rates import History
from tests.gress.metrics.expositions import Exposition

SWAPS = "model_swaps_total"
TIMES = "inference_latency_seconds"


def swaps(count: float, at_s: float, endpoint: str = "a:1", model: str = "m") -> Scrape:
    return Exposition().count(SWAPS, (model, "swapped"), count).at(at_s, endpoint)


def gone(at_s: float, endpoint: str = "a:1") -> Scrape:
    return Scrape(endpoint, at_s, problem="Connection refused")


def rates(*ticks: list[Scrape], span_s: float = 60.0) -> float | None:
    history = History()
    for found in ticks:
        history.add(found[0].at_s, found)
    return history.window(span_s).rate(SWAPS)


def test_a_rate_takes_two_answers() -> None:
    assert rates([swaps(10, 0)]) is None
    assert rates([swaps(10, 0)], [swaps(30, 2)]) == 10


def test_a_counter_that_began_again_counts_from_zero() -> None:
    # 100 to 130, then a new job: 0 to 20.
    assert rates([swaps(100, 0)], [swaps(130, 1)], [swaps(20, 2)]) == (30 + 20) / 2


def test_two_endpoints_are_summed() -> None:
    assert rates([swaps(1, 0), swaps(5, 0, "b:1")], [swaps(3, 1), swaps(9, 1, "b:1")]) == 2 + 4


def test_each_endpoint_has_its_own_clock() -> None:
    history = History()
    history.add(0, [swaps(0, 0.0), swaps(0, 0.5, "b:1")])
    history.add(1, [swaps(10, 1.0), swaps(10, 2.5, "b:1")])
    assert history.window(60).rate(SWAPS) == 10 / 1 + 10 / 2


def test_an_endpoint_that_is_gone_does_not_stop_the_other() -> None:
    history = History()
    history.add(0, [swaps(0, 0), swaps(0, 0, "b:1")])
    history.add(1, [swaps(10, 1), gone(1, "b:1")])
    assert history.window(0).rate(SWAPS) == 10
    # It answers again, and what it counted meanwhile is spread over the time.
    history.add(2, [swaps(20, 2), swaps(8, 2, "b:1")])
    assert history.window(0).rate(SWAPS) == 10 + 8 / 2


def test_who_was_silent_for_longer_than_a_minute_begins_anew() -> None:
    history = History()
    history.add(0, [swaps(0, 0), swaps(0, 0, "b:1")])
    history.add(90, [swaps(90, 90), swaps(90, 90, "b:1")])
    assert history.window(60).rate(SWAPS) is None
    patient = History(span_s=270)
    patient.add(0, [swaps(0, 0)])
    patient.add(90, [swaps(180, 90)])
    assert patient.window(60).rate(SWAPS) == 2


def test_a_series_that_appears_was_zero() -> None:
    assert rates([swaps(10, 0, model="x")], [swaps(7, 1, model="y")]) == 7


def test_what_is_older_than_the_window_does_not_count() -> None:
    ticks = [[swaps(count, at_s)] for at_s, count in enumerate([0, 1000, 1000, 1004, 1008])]
    assert rates(*ticks, span_s=2.0) == 4
    assert rates(*ticks, span_s=60.0) == 252


def test_history_is_what_was_counted_tick_by_tick() -> None:
    history = History()
    for at_s, count in enumerate([0, 5, 5, 3]):
        history.add(at_s, [swaps(count, at_s), gone(at_s, "b:1")])
    assert history.rates(SWAPS) == [(2, 5), (1, 0), (0, 3)]


def test_histograms_are_summed_over_endpoints_and_ticks() -> None:
    one, two = Exposition(), Exposition()
    history = History()
    labels = ("m", "1.0.0")
    one.observe(TIMES, labels, *[2.0] * 50)
    history.add(0, [one.at(0, "a:1"), two.at(0, "b:1")])
    one.observe(TIMES, labels, *[0.003] * 10)
    history.add(1, [one.at(1, "a:1"), two.at(1, "b:1")])
    two.observe(TIMES, labels, *[0.02] * 30)
    history.add(2, [one.at(2, "a:1"), two.at(2, "b:1")])
    found = history.window(60).histogram(TIMES, {"version": "1.0.0"})
    assert found.count == 40
    assert found.mean == pytest.approx((10 * 0.003 + 30 * 0.02) / 40)
    # The 20th of 40 is 10 of 30 into (0.01, 0.025].
    assert found.quantile(0.5) == pytest.approx(0.015)
    assert history.window(60).histogram(TIMES, {"version": "2.0.0"}).count == 0


def test_a_histogram_of_a_new_job_is_taken_whole() -> None:
    before = Exposition().observe(TIMES, ("m", "1"), *[0.003] * 100)
    after = Exposition().observe(TIMES, ("m", "1"), *[2.0] * 120)
    history = History()
    history.add(0, [before.at(0)])
    history.add(1, [after.at(1)])
    found = history.window(60).histogram(TIMES)
    assert (found.count, found.mean) == (120, 2.0)


def test_what_is_not_ours_is_left_out() -> None:
    text = Exposition().count(SWAPS, ("m", "swapped"), 1).text + "# TYPE node_x_total counter\nnode_x_total 4\n"
    assert [series.name for series in parse("a:1", 0, text).counters] == [SWAPS]
