from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.verdicts.bandits.rewards import Bandit
from state.verdicts.judging.trial import Measured, Ramp
from tests.support.experiments import experiment
from udfs.verdicts.settings import judged, paired_judged, paired_trial, trial, verdict_of

GOAL = {"of": "field", "field": "revenue", "per": "unit", "name": "money"}
GUARD = {"of": "errors", "role": "guardrail", "margin": 0.01}


def verdict(*metrics: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"metrics": list(metrics or (GOAL, GUARD)), **given}


def test_shards_know_what_is_a_sum_of_a_unit_and_when_to_look() -> None:
    found = judged(experiment({"a": 50, "b": 50}, verdict=verdict(interval="10m")))
    assert (found.per_unit, found.interval_ms, found.counts_scores) == ((True, False), 600_000, False)
    assert judged(experiment({"a": 50, "b": 50}, verdict=verdict({"of": "auc"}))).counts_scores


@pytest.mark.parametrize(
    ("given", "are_units"),
    [
        ({"strategy": "random", "split_key": None}, True),
        ({"strategy": "percentage", "split_key": None}, True),
        ({"strategy": "percentage"}, False),
        ({"strategy": "user_id", "split_key": None}, False),
        ({}, False),
    ],
    ids=["random", "percentage without a key", "percentage of a key", "user", "hash"],
)
def test_shards_know_where_events_are_units(given: dict[str, Any], are_units: bool) -> None:
    tested = experiment({"a": 50, "b": 50}, verdict=verdict({"of": "log_loss"}), **given)
    for found in (judged(tested), paired_judged(tested)):
        assert found.assigns_events == are_units
        assert found.described.endswith("each event is a unit") == are_units


def test_variants_of_points_are_those_of_the_split() -> None:
    tested = experiment({"a": 60, "b": 30, "c": 10}, verdict=verdict())
    arms_of = pickle.loads(pickle.dumps(judged(tested).arms_of))
    points = np.random.default_rng(1).integers(0, 2**64, 2_000, np.uint64, endpoint=False)
    found = arms_of(points, (0.6, 0.3, 0.1))
    # b at the left end, c at the right one, and the default variant in between.
    expected = np.where(points < int(0.3 * 2**64), 1, np.where(points >= int(0.9 * 2**64), 2, 0))
    np.testing.assert_array_equal(found, expected)


def test_judge_knows_metrics_and_limits() -> None:
    tested = experiment(
        {"a": 50, "b": 50},
        verdict=verdict(alpha=0.1, planned_units=900, sample_ratio_p=0.01, max_silence="2h"),
        default_variant="b",
    )
    found = trial(tested)
    assert (found.name, found.variants, found.control, found.treatments) == ("test", ("a", "b"), 1, (0,))
    assert found.limits == Limits(0.01, silent_ms=7_200_000)
    assert found.ramp is None
    assert found.metrics == (
        Measured(Metric("money", "goal", "higher", 0.0, 0.1, 900)),
        Measured(Metric("errors", "guardrail", "lower", 0.01, 0.1, 900), is_share=True),
    )


@pytest.mark.parametrize(
    ("weights", "off", "alpha"),
    [
        ({"a": 50, "b": 50}, (), 0.06),
        ({"a": 40, "b": 30, "c": 30}, (), 0.03),
        ({"a": 50, "b": 25, "c": 25, "d": 0}, (), 0.02),
        ({"a": 50, "b": 25, "c": 25}, ("c",), 0.06),
        ({"a": 100}, (), 0.06),
    ],
    ids=["one", "two", "three", "one is off", "none"],
)
def test_treatments_share_alpha(weights: dict[str, float], off: tuple[str, ...], alpha: float) -> None:
    found = trial(experiment(weights, off=off, verdict=verdict(alpha=0.06)))
    assert [each.metric.alpha for each in found.metrics] == pytest.approx([alpha] * 2)
    assert len(found.treatments) == len(weights) - len(off) - 1


def test_areas_are_found_from_scores() -> None:
    (metric,) = trial(experiment({"a": 50, "b": 50}, verdict=verdict({"of": "auc", "margin": 0.02}))).metrics
    assert metric == Measured(Metric("auc", "goal", "higher", 0.02, 0.05, 5_000), is_area=True, of_outcomes="all")


def test_goals_of_the_split_alone_have_an_end() -> None:
    metrics = verdict({"of": "log_loss"}, GUARD, max_units=8_000, paired=True)
    tested = experiment({"a": 50, "b": 50}, enable_shadow_mode=True, verdict=metrics)
    assert [each.metric.most for each in trial(tested).metrics] == [8_000, None]
    assert [each.metric.most for each in paired_trial(tested, "b").metrics] == [None]


def test_judge_knows_the_ramp() -> None:
    ramp = {"variant": "b", "steps": [5, 50], "hold": "2h", "min_units": 70}
    found = trial(experiment({"a": 100, "b": 0}, ramp=ramp, verdict=verdict()))
    assert found.ramp == Ramp(arm=1, last_share=0.5, hold_ms=7_200_000, least_units=70)


@pytest.mark.parametrize(("key", "has_units"), [("card", True), (None, False)], ids=["units", "events"])
def test_judge_and_shards_know_the_bandit(key: str | None, has_units: bool) -> None:
    metrics = verdict({"of": "errors", "role": "signal"}, {"of": "field", "field": "cost", "better": "lower"})
    rules = {"goal": "cost", "floor": 0.1, "min_units": 7}
    given = {"strategy": "bandit", "split_key": key, "bandit": rules}
    tested = experiment({"a": 50, "b": 50, "c": 0}, off=("c",), verdict={**metrics, "planned_units": 900}, **given)
    assert trial(tested).bandit == Bandit(1, "cost", True, 0.1, 7, 0.05, 900)
    found = judged(tested)
    assert (found.bandit_arms, found.assigns_events) == (3, not has_units)
    assert judged(tested).described.startswith("bandit; variants a 50, b 50, c 0 off; metrics")


def test_experiment_without_a_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^experiment 'test': expected a verdict, got none$"):
        verdict_of(experiment({"a": 100}))
