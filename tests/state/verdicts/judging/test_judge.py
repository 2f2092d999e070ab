from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from state.experiments.auc import ScoreCounts
from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.verdicts.cells import Cells
from state.verdicts.judging.compared import LEAST_OUTCOMES
from state.verdicts.judging.judge import Judge
from state.verdicts.judging.trial import Measured, Ramp, Trial
from tests.state.verdicts.trials import AT, HOUR, Arm, measured, sums, trial

SAME = {0: Arm(), 1: Arm()}
BETTER = {0: Arm(), 1: Arm(mean=2.0)}
WORSE = {0: Arm(), 1: Arm(mean=0.0)}
BOTH = (measured(), measured("guardrail", name="guard", margin=0.5))
SILENT = {0: Arm(), 1: Arm(mean=2.0, last_ms=AT - HOUR - 1)}


def look(judged: Trial, arms: Any, at_ms: int = AT, **given: Any) -> dict[str, Any]:
    (record,) = Judge(judged).look([sums(arms, metrics=len(judged.metrics), **given)], at_ms)
    return record


@pytest.mark.parametrize(
    ("metrics", "arms", "action", "reason"),
    [
        ((measured(),), SAME, "continue", "goal value is open"),
        ((measured(),), BETTER, "promote", "goal value is better by"),
        ((measured(),), WORSE, "rollback", "goal value is worse by"),
        (BOTH, WORSE, "rollback", "guardrail guard is worse by"),
        (BOTH, BETTER, "promote", "goal value is better by"),
        ((measured("guardrail", margin=0.5),), SAME, "promote", "guardrail value is worse by"),
        ((measured("signal", name="sign"), *BOTH[1:]), {0: Arm(), 1: Arm(mean=0.8)}, "hold", "signal sign is worse by"),
        ((measured(),), {0: Arm(), 1: Arm(units=4_000, mean=2.0)}, "hold", "the arms do not get their planned shares"),
        ((measured(),), SILENT, "hold", "an arm had no event for 3,600,001 ms"),
        ((measured(),), {0: Arm(), 1: Arm(mean=2.0, last_ms=AT - HOUR)}, "promote", "goal value is better by"),
        ((measured(),), {0: Arm(in_both=101), 1: Arm(mean=2.0)}, "hold", "101 of 10,000 units were seen in both arms"),
        ((measured(),), {0: Arm(in_both=100), 1: Arm(mean=2.0)}, "promote", "goal value is better by"),
        ((measured(),), {0: Arm()}, "hold", "the arms do not get their planned shares"),
        ((measured(),), {}, "continue", "goal value is open"),
    ],
    ids=[
        "nothing shown",
        "goal better",
        "goal worse",
        "guardrail harmed",
        "goal better, guardrail safe",
        "guardrail alone, safe",
        "signal harmed",
        "sample ratio off",
        "silence",
        "almost silence",
        "units in both",
        "few units in both",
        "no units in the treatment",
        "no units",
    ],
)
def test_action(metrics: tuple[Measured, ...], arms: Any, action: str, reason: str) -> None:
    record = look(trial(*metrics), arms)
    assert record["action"] == action
    assert record["reasons"][0].startswith(reason)


def test_goal_whose_looks_contradict_each_other_says_so() -> None:
    judge = Judge(trial())
    reasons = [judge.look([sums({0: Arm(), 1: Arm(mean=mean)})], AT)[0]["reasons"][0] for mean in (2.0, 1.2)]
    moved = [reason.endswith(", and the truth has moved, as looks contradict each other") for reason in reasons]
    assert moved == [False, True]


def test_record_says_what_the_verdict_rests_on() -> None:
    control, new = Arm(units=400, mean=3.0, spread=2.0), Arm(units=600, mean=3.25, spread=2.0)
    record = look(trial(), {0: control, 1: new}, shares=(0.4, 0.6, 0.0))
    values = [np.resize([arm.mean - 2, arm.mean + 2], arm.units) for arm in (new, control)]
    welch = stats.ttest_ind(*values, equal_var=True)
    assert list(record) == [
        "experiment",
        "variant",
        "control",
        "looked_at",
        "step",
        "action",
        "reasons",
        "numbers",
        "is_paired",
        "arms",
        "rules",
    ]
    assert [record[name] for name in ("experiment", "variant", "control", "looked_at", "step")] == [
        "test",
        "new",
        "control",
        AT,
        0,
    ]
    assert record["arms"] == {"new": {"units": 600, "value": 3.25}, "control": {"units": 400, "value": 3.0}}
    numbers = record["numbers"]
    assert (numbers["units.treatment"], numbers["units.control"], numbers["units.in_both"]) == (600, 400, 0)
    assert (numbers["step.share"], numbers["sample_ratio.p"], numbers["value.clock"]) == (0.6, 1.0, 1000)
    assert numbers["value.difference"] == pytest.approx(0.25)
    assert numbers["value.difference"] / numbers["value.se"] == pytest.approx(welch.statistic, rel=5e-3)


def test_record_says_what_its_numbers_are_read_by() -> None:
    judged = trial(measured(), measured("guardrail", name="guard", margin=0.5), limits=Limits(0.01))
    record = look(judged, SAME, shares=(0.2, 0.3, 0.5))
    plain = {"better": "higher", "alpha": 0.05, "planned": 5000}
    assert record["rules"] == {
        "metrics": {
            "value": {"role": "goal", "margin": 0.0, **plain},
            "guard": {"role": "guardrail", "margin": 0.5, **plain},
        },
        "sample_ratio_p": 0.01,
        "shares": {"control": pytest.approx(0.4), "new": pytest.approx(0.6)},
    }
    assert Judge(judged).look([], AT) == []  # nobody has units


def test_numbers_that_are_not_finite_are_null() -> None:
    record = look(trial(measured(), measured("guardrail", name="guard", margin=1.0)), {0: Arm(), 1: Arm(units=1)})
    json.loads(json.dumps(record, allow_nan=False))
    assert (record["numbers"]["value.se"], record["numbers"]["guard.harm_p"]) == (None, 1.0)
    assert look(trial(), {})["arms"] == {
        "new": {"units": 0, "value": None},
        "control": {"units": 0, "value": None},
    }


def test_shards_are_put_together() -> None:
    judge = Judge(trial())
    (record,) = judge.look([sums({0: Arm(mean=1.0)}), sums({0: Arm(mean=3.0), 1: Arm(units=9_999)})], AT)
    assert record["arms"]["control"] == {"units": 10_000, "value": 2.0}


@pytest.mark.parametrize(
    ("units", "per_event", "action"),
    [(100, True, "continue"), (5_000, True, "promote"), (5_000, False, "continue")],
    ids=["few units", "many units", "not a share"],
)
def test_guardrail_of_errors_is_safe_without_any_error_after_enough_units(
    units: int, per_event: bool, action: str
) -> None:
    errors = Measured(Metric("errors", "guardrail", "lower", 0.01), is_share=per_event)
    arms = {place: Arm(units=units, mean=0.0, spread=0.0) for place in (0, 1)}
    assert look(trial(errors), arms)["action"] == action


def test_share_has_at_least_the_standard_error_of_one_more_on_either_side() -> None:
    arms = {0: Arm(units=1_000, mean=0.0, spread=0.0), 1: Arm(units=3_000, mean=1.0, spread=0.0)}
    errors = Measured(Metric("errors", "guardrail", "lower", 2.0), is_share=True)
    found = look(trial(errors), arms, shares=(0.25, 0.75, 0.0))["numbers"]["errors.se"]
    p = 1 / 1_002  # the posterior mean under a uniform prior of 0 of 1,000
    assert found == pytest.approx(math.sqrt(p * (1 - p) / 1_002))


def test_sums_of_errors_above_one_are_no_share() -> None:
    errors = Measured(Metric("errors", "guardrail", "lower", 0.5), is_share=True)
    arms = {place: Arm(mean=3.0, spread=1.0) for place in (0, 1)}
    assert look(trial(errors), arms)["numbers"]["errors.difference"] == 0.0


def scored(shift: float) -> ScoreCounts:
    """Scores of 4,000 negatives, and of as many positives that are higher by a shift in log-odds."""
    z = stats.norm.ppf((np.arange(4_000) + 0.5) / 4_000)
    labels = np.repeat([0, 1], 4_000)
    return ScoreCounts.from_scores(1 / (1 + np.exp(-np.concatenate([z, z + shift]))), labels)


@pytest.mark.parametrize(
    ("shift", "action"), [(2.0, "promote"), (1.0, "continue"), (0.0, "rollback")], ids=["better", "same", "worse"]
)
def test_area_under_the_curve_is_a_metric(shift: float, action: str) -> None:
    arms = {0: Arm(scores=scored(1.0)), 1: Arm(scores=scored(shift))}
    record = look(trial(measured(name="auc", is_area=True)), arms)
    assert record["action"] == action
    for variant, each in (("control", 1.0), ("new", shift)):
        # Two normals that are apart by d have the area Φ(d/√2).
        assert record["arms"][variant]["auc"] == pytest.approx(stats.norm.cdf(each / math.sqrt(2)), abs=2e-3)


def test_area_is_open_where_a_variant_has_no_outcomes() -> None:
    record = look(trial(measured(name="auc", is_area=True)), {0: Arm(scores=scored(1.0)), 1: Arm()})
    assert (record["action"], record["arms"]["new"]["auc"], record["numbers"]["auc.se"]) == ("continue", None, None)


def test_each_treatment_has_a_record_and_its_own_evidence() -> None:
    judge = Judge(trial(enabled=(0, 1, 2)))
    arms = {0: Arm(), 1: Arm(mean=2.0), 2: Arm(mean=0.0)}
    records = judge.look([sums(arms, (0.4, 0.3, 0.3))], AT)
    assert [(each["variant"], each["control"]) for each in records] == [("new", "control"), ("newer", "control")]
    assert [list(each["arms"]) for each in records] == [["new", "control"], ["newer", "control"]]


def test_differences_are_found_within_steps() -> None:
    """Values rise from 1 to 5 between the steps, and the shares with them: the arms are equal in both."""
    arms = {
        (0, 0): Arm(units=9_000),
        (1, 0): Arm(units=1_000),
        (0, 1): Arm(units=5_000, mean=5.0),
        (1, 1): Arm(units=5_000, mean=5.0),
    }
    record = look(trial(), arms, shares={0: (0.9, 0.1, 0.0), 1: (0.5, 0.5, 0.0)})
    assert (record["step"], record["numbers"]["step.share"], record["action"]) == (1, 0.5, "continue")
    assert record["numbers"]["value.difference"] == 0
    assert record["numbers"]["sample_ratio.p"] == 1.0
    # 4·Σ n·m/(n + m) of the steps.
    assert record["numbers"]["value.clock"] == pytest.approx(4 * (9_000 * 1_000 / 10_000 + 2_500))
    assert record["arms"]["new"]["value"] == pytest.approx(26_000 / 6_000)


def test_units_of_a_step_are_compared_with_its_own_shares() -> None:
    arms = {(0, 0): Arm(units=9_000), (1, 0): Arm(units=1_000), (0, 1): Arm(units=9_000), (1, 1): Arm(units=1_000)}
    record = look(trial(), arms, shares={0: (0.9, 0.1, 0.0), 1: (0.5, 0.5, 0.0)})
    assert record["action"] == "hold"


RAMP = Ramp(arm=1, last_share=0.5, hold_ms=HOUR, least_units=1_000)
FIRST_STEP = {0: (0.9, 0.1, 0.0)}
LAST_STEP = {0: (0.9, 0.1, 0.0), 1: (0.5, 0.5, 0.0)}


def test_units_that_a_ramp_moves_do_not_unsettle_the_split() -> None:
    judge = Judge(trial(ramp=RAMP))
    judge.look([sums({0: Arm(units=9_000), 1: Arm(units=1_000)}, FIRST_STEP)], AT)
    moved = {
        (0, 0): Arm(units=5_000, assigned=9_000),
        (1, 0): Arm(units=1_000),
        (0, 1): Arm(units=300),
        (1, 1): Arm(units=300),
    }
    (record,) = judge.look([sums(moved, LAST_STEP)], AT + 1)
    assert record["numbers"]["sample_ratio.p"] == 1.0
    assert record["numbers"]["units.control"] == 5_300


@pytest.mark.parametrize(
    ("first_ms", "active", "shares", "action"),
    [
        (AT - HOUR, 1_000, FIRST_STEP, "advance"),
        (AT - HOUR + 1, 1_000, FIRST_STEP, "continue"),
        (AT - HOUR, 999, FIRST_STEP, "continue"),
        (AT - HOUR, 1_000, {0: (0.5, 0.5, 0.0)}, "continue"),
    ],
    ids=["over", "not long enough", "not enough units", "last step"],
)
def test_step_of_a_ramp_is_over_after_its_time_and_units(
    first_ms: int, active: int, shares: dict[int, tuple[float, ...]], action: str
) -> None:
    units = {arm: int(share * 1_000) for arm, share in enumerate(shares[0][:2])}
    arms = {arm: Arm(units=number, first_ms=first_ms) for arm, number in units.items()}
    assert look(trial(ramp=RAMP), arms, shares=shares, active={0: active})["action"] == action


@pytest.mark.parametrize(("share", "action"), [(0.1, "advance"), (0.5, "promote")], ids=["early step", "last step"])
def test_treatment_that_is_proven_takes_the_next_step_of_its_ramp(share: float, action: str) -> None:
    arms = {0: Arm(units=9_000), 1: Arm(units=1_000, mean=2.0)} if share < 0.5 else BETTER
    assert look(trial(ramp=RAMP), arms, shares=(1 - share, share, 0.0))["action"] == action


def test_control_that_has_no_share_left_is_not_silent() -> None:
    arms = {(0, 0): Arm(last_ms=AT - 9 * HOUR), (1, 0): Arm(mean=2.0), (1, 1): Arm(mean=2.0)}
    shares = {0: (0.5, 0.5, 0.0), 1: (0.0, 1.0, 0.0)}
    assert look(trial(ramp=replace(RAMP, last_share=1.0)), arms, shares=shares)["action"] == "promote"


LOOKS = [
    sums({0: Arm(units=n), 1: Arm(units=n + 3, mean=1.0 + n / 4e3, scores=scored(1.0))}, metrics=2)
    for n in (0, 1, 50, 1_000, 2_000)
]


@pytest.mark.parametrize("stop", range(len(LOOKS)))
def test_restored_judge_goes_on_as_if_it_had_never_stopped(stop: int) -> None:
    judged = trial(measured(), measured("guardrail", name="guard", margin=0.1))
    undisturbed, judge = Judge(judged), Judge(judged)
    for place, each in enumerate(LOOKS):
        if place == stop:
            data = judge.to_bytes()
            judge = Judge(judged)
            judge.restore(data)
        assert judge.look([each], AT + place) == undisturbed.look([each], AT + place)
    assert judge.to_bytes() == undisturbed.to_bytes()


def test_least_p_stays_though_later_looks_show_less() -> None:
    judge = Judge(trial())
    judge.look([sums(BETTER)], AT)
    (record,) = judge.look([sums({0: Arm(units=5_001), 1: Arm(units=5_001, mean=1.01)})], AT + 1)
    assert record["action"] == "promote"


def test_new_metric_begins_anew_beside_the_evidence_of_the_others() -> None:
    judge = Judge(trial())
    judge.look([sums(BETTER)], AT)
    restored = Judge(trial(measured("guardrail", name="guard", margin=5.0), measured()))
    restored.restore(judge.to_bytes())
    (record,) = restored.look([sums({0: Arm(units=5_000), 1: Arm(units=5_000)}, metrics=2)], AT + 1)
    assert record["numbers"]["value.gain_p"] < 1e-6
    assert record["numbers"]["guard.gain_p"] == 1.0


def test_another_version_is_refused() -> None:
    data = Judge(trial()).to_bytes().replace(b'"version":1', b'"version":2', 1)
    text = "judge: expected format 1, got 2; start the experiment under another name"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Judge(trial()).restore(data)


def test_silence_is_limited_by_the_settings() -> None:
    assert look(trial(limits=Limits(silent_ms=HOUR + 1)), SILENT)["action"] == "promote"


def test_units_count_once_for_the_split_however_often_they_are_looked_at() -> None:
    judge, arms = Judge(trial()), sums({0: Arm(units=5_000), 1: Arm(units=5_250)})
    (first,) = judge.look([arms], AT)
    for number in range(20):
        (record,) = judge.look([arms], AT + number)
    assert record["numbers"]["sample_ratio.p"] == first["numbers"]["sample_ratio.p"] < 1


@pytest.mark.parametrize(
    ("kinds", "positives", "negatives", "is_known"),
    [
        ("all", LEAST_OUTCOMES, LEAST_OUTCOMES, True),
        ("all", LEAST_OUTCOMES - 1, 10_000, False),
        ("all", 10_000, LEAST_OUTCOMES - 1, False),
        ("positive", LEAST_OUTCOMES, 0, True),
        ("positive", LEAST_OUTCOMES, 1, False),
        (None, 0, 0, True),
    ],
)
def test_metric_of_outcomes_waits_for_enough_of_each_kind(
    kinds: Any, positives: int, negatives: int, is_known: bool
) -> None:
    judged = trial(replace(measured(), of_outcomes=kinds))
    parts = Cells.from_bytes(sums({0: Arm(mean=3.0), 1: Arm(mean=3.5)}))
    for _, cell in parts.cells.items():
        cell.positives, cell.negatives = positives, negatives
    (record,) = Judge(judged).look([parts.to_bytes()], AT)
    assert (record["numbers"]["value.gain_p"] < 1) == is_known
    assert record["numbers"]["value.difference"] == pytest.approx(0.5)
