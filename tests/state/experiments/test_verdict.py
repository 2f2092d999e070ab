from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from state.experiments.evidence.inputs import Inputs, Limits, Step, Traffic
from state.experiments.evidence.metric import Metric, MetricEvidence
from state.experiments.verdict import reach_verdict

GOAL = Metric("revenue", "goal", "higher")
GUARDRAIL = Metric("latency_ms", "guardrail", "lower", margin=2.0)
SIGNAL = Metric("complaints", "signal", "lower")
TRAFFIC = Traffic(treatment=2500, control=2500, in_both=0, silent_ms=0, sample_ratio_p=1.0)
LAST = Step(share=0.5, is_last=True, held_ms=10, hold_ms=100, units=5000, least_units=1000)
EARLY = replace(LAST, share=0.1, is_last=False)
OVER = replace(EARLY, held_ms=100)


def inputs(step: Step = LAST, traffic: Traffic = TRAFFIC, **differences: float) -> Inputs:
    """Evidence of one look with a standard error of 1 at a clock of 5,000: 3.04 is far, on one side 2.78."""
    metrics = {"goal": GOAL, "guardrail": GUARDRAIL, "signal": SIGNAL}
    seen = [MetricEvidence(metrics[name]).updated(by, 1.0, 5000) for name, by in differences.items()]
    return Inputs(tuple(seen), traffic, step)


CASES = {
    "nothing shown yet": (inputs(goal=1.0, guardrail=0.0), "continue"),
    "goal better, guardrail safe": (inputs(goal=4.0, guardrail=-1.0), "promote"),
    "goal better, guardrail open": (inputs(goal=4.0, guardrail=0.0), "continue"),
    "goal better before the last step": (inputs(EARLY, goal=4.0, guardrail=-1.0), "advance"),
    "goal worse": (inputs(goal=-4.0, guardrail=-1.0), "rollback"),
    "guardrail harmed though goal better": (inputs(goal=4.0, guardrail=5.0), "rollback"),
    "signal harmed though goal better": (inputs(goal=4.0, guardrail=-1.0, signal=3.0), "hold"),
    "guardrail harmed and signal harmed": (inputs(guardrail=5.0, signal=3.0), "rollback"),
    "step over": (inputs(OVER, goal=1.0, guardrail=0.0), "advance"),
    "step over without enough units": (inputs(replace(OVER, units=999), goal=1.0), "continue"),
    "step over in time but at the last step": (inputs(replace(OVER, is_last=True), goal=1.0), "continue"),
    "guardrails alone, safe, step not over": (inputs(guardrail=-1.0), "continue"),
    "guardrails alone, safe, step over": (inputs(replace(LAST, held_ms=100), guardrail=-1.0), "promote"),
    "splitter in doubt": (inputs(traffic=replace(TRAFFIC, sample_ratio_p=0.0005), goal=4.0), "hold"),
    "splitter in doubt and guardrail harmed": (
        inputs(traffic=replace(TRAFFIC, sample_ratio_p=0.0005), guardrail=5.0),
        "rollback",
    ),
    "units in both arms": (inputs(traffic=replace(TRAFFIC, in_both=51), goal=4.0), "hold"),
    "few units in both arms": (inputs(traffic=replace(TRAFFIC, in_both=50), goal=4.0), "promote"),
    "no events": (inputs(OVER, traffic=replace(TRAFFIC, silent_ms=3_600_001), goal=1.0), "hold"),
}


@pytest.mark.parametrize("case", CASES)
def test_action(case: str) -> None:
    given, action = CASES[case]
    verdict = reach_verdict(given)
    assert verdict.action == action
    assert verdict.reasons


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (
            inputs(goal=0.0, guardrail=5.0),
            ["guardrail latency_ms is worse by 2.221 or more, with 2 allowed: difference 5, standard error 1,"],
        ),
        (
            inputs(goal=4.0, guardrail=-1.0),
            ["goal revenue is better by 0.9648 or more: difference 4", "latency_ms is worse by 1.779 at most, with 2"],
        ),
        (inputs(goal=-4.0), ["goal revenue is worse by 0.9648 or more: difference -4, standard error 1, clock 5,000"]),
        (inputs(goal=1.0, signal=3.0), ["signal complaints is worse by 0.2209 or more, with 0 allowed"]),
        (
            inputs(OVER, goal=1.0),
            ["the step at 10.0% has lasted 100ms of 100ms and seen 5,000 of 1,000 units without harm"],
        ),
        (inputs(goal=1.0), ["goal revenue is open: difference 1, standard error 1, clock 5,000, p 1"]),
        (inputs(EARLY, guardrail=-1.0), ["the step is not over"]),
        (
            inputs(traffic=replace(TRAFFIC, sample_ratio_p=0.0005, in_both=51, silent_ms=3_600_001), goal=4.0),
            [
                "2,500 units in the treatment and 2,500 in the control have p 0.0005, at most 0.001",
                "51 of 5,000 units were seen in both arms, more than 1.00%",
                "an arm had no event for 3,600,001 ms, more than 3,600,000 ms",
            ],
        ),
    ],
    ids=["harm", "proof", "worse", "signal", "step", "open", "waiting", "doubt"],
)
def test_reasons_say_what_was_seen(given: Inputs, reasons: list[str]) -> None:
    found = reach_verdict(given).reasons
    assert len(found) == len(reasons)
    for sentence, part in zip(found, reasons, strict=True):
        assert part in sentence


def test_every_number_is_there() -> None:
    numbers = reach_verdict(inputs(goal=1.0, guardrail=0.5)).numbers
    assert (numbers["revenue.difference"], numbers["latency_ms.difference"]) == (1.0, 0.5)
    assert (numbers["units.treatment"], numbers["sample_ratio.p"], numbers["step.share"]) == (2500, 1.0, 0.5)


def test_limits_are_settings() -> None:
    given = replace(
        inputs(traffic=replace(TRAFFIC, sample_ratio_p=0.005), goal=4.0), limits=Limits(sample_ratio_p=0.01)
    )
    assert reach_verdict(given).action == "hold"


def test_test_without_a_goal_or_guardrail_is_refused() -> None:
    with pytest.raises(ValueError, match=r"metrics: expected a goal or a guardrail, got \['complaints'\]"):
        reach_verdict(inputs(signal=0.0))


def test_equal_arms_are_promoted_or_rolled_back_no_more_often_than_stated() -> None:
    rng, tests, alpha = np.random.default_rng(4), 300, 0.1
    metric = replace(GOAL, alpha=alpha, planned=1000)
    ended = 0
    for _ in range(tests):
        values, seen = rng.normal(0, 1, 2000).cumsum(), MetricEvidence(metric)
        for n in range(100, 2001, 100):
            seen = seen.updated(float(values[n - 1] / n), n**-0.5, n)
        ended += reach_verdict(Inputs((seen,), TRAFFIC, LAST)).action != "continue"
    assert 0 < ended <= stats.binom.ppf(0.999, tests, alpha)
