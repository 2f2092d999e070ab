"""Verdict on a test: what to do with the treatment now, and why.

Rules this file keeps:

- Rules stand in the order of `_RULES`, and the first that applies decides: harm to a guardrail before everything,
  doubt in the test itself before its result, proof before patience.
- Reasons name the numbers that they rest on, so that a verdict can be read without the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from conf.types.durations import format_duration
from state.experiments.evidence.reasons import gain_reason, harm_reason, open_reason, safety_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from state.experiments.evidence.inputs import Inputs
    from state.experiments.evidence.metric import MetricEvidence

    Action: TypeAlias = Literal["continue", "advance", "promote", "hold", "rollback", "reweigh"]
    Decision: TypeAlias = tuple[Action, tuple[str, ...]]


@dataclass(frozen=True)
class Verdict:
    """An action on the treatment, with its reasons.

    Attributes:
        action: roll it back, hold the ramp where it is, give it all units, take the next step, or go on; a bandit may
            change the weights of all variants.
        reasons: sentences with the numbers behind it.
        numbers: every number that was looked at, by name.
    """

    action: Action
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]


def reach_verdict(inputs: Inputs, *, is_bandit: bool = False) -> Verdict:
    """Return the verdict of the first rule that applies.

    A bandit leaves it to its weights which variant is better; it is rolled back for harm alone.

    Raises:
        ValueError: there is neither a goal nor a guardrail, so nothing could ever be decided.
    """
    if not inputs.of("goal") and not inputs.of("guardrail"):
        names = [each.metric.name for each in inputs.metrics]
        msg = f"metrics: expected a goal or a guardrail, got {names}; say which metric has to get better"
        raise ValueError(msg)
    rules = _RULES_OF_BANDITS if is_bandit else _RULES
    action, reasons = next(decision for rule in rules if (decision := rule(inputs)))
    traffic = inputs.traffic
    numbers = {
        "units.treatment": float(traffic.treatment),
        "units.control": float(traffic.control),
        "units.in_both": float(traffic.in_both),
        "sample_ratio.p": traffic.sample_ratio_p,
        "step.share": inputs.step.share,
    }
    for each in inputs.metrics:
        numbers |= each.numbers()
    return Verdict(action, reasons, numbers)


def _guardrail_is_harmed(inputs: Inputs) -> Decision | None:
    reasons = tuple(harm_reason(each) for each in inputs.of("guardrail") if each.is_harmed)
    return ("rollback", reasons) if reasons else None


def _test_is_in_doubt(inputs: Inputs) -> Decision | None:
    traffic, limits = inputs.traffic, inputs.limits
    units = traffic.treatment + traffic.control
    reasons = []
    if traffic.sample_ratio_p <= limits.sample_ratio_p:
        reasons.append(
            f"the arms do not get their planned shares: {traffic.treatment:,} units in the treatment and "
            f"{traffic.control:,} in the control have p {traffic.sample_ratio_p:.2g}, at most "
            f"{limits.sample_ratio_p:.2g}"
        )
    if traffic.in_both > limits.in_both_share * units:
        reasons.append(
            f"{traffic.in_both:,} of {units:,} units were seen in both arms, more than {limits.in_both_share:.2%}"
        )
    if traffic.silent_ms > limits.silent_ms:
        reasons.append(f"an arm had no event for {traffic.silent_ms:,} ms, more than {limits.silent_ms:,} ms")
    return ("hold", tuple(reasons)) if reasons else None


def _signal_is_harmed(inputs: Inputs) -> Decision | None:
    reasons = tuple(harm_reason(each) for each in inputs.of("signal") if each.is_harmed)
    return ("hold", reasons) if reasons else None


def _goal_is_worse(inputs: Inputs) -> Decision | None:
    reasons = tuple(gain_reason(each, "worse") for each in inputs.of("goal") if each.gain.sign < 0)
    return ("rollback", reasons) if reasons else None


def _treatment_is_proven(inputs: Inputs) -> Decision | None:
    """Goals are better and guardrails within their margins; without a goal, that is enough once the step is over."""
    goals, guardrails = inputs.of("goal"), inputs.of("guardrail")
    is_shown = all(each.gain.sign > 0 for each in goals) and all(each.is_safe for each in guardrails)
    if not is_shown or not (goals or inputs.step.is_over):
        return None
    reasons = (*(gain_reason(each, "better") for each in goals), *map(safety_reason, guardrails))
    return "promote" if inputs.step.is_last else "advance", reasons


def _step_is_over(inputs: Inputs) -> Decision | None:
    step = inputs.step
    if step.is_last or not step.is_over:
        return None
    lasted = f"has lasted {_of_hold(step.held_ms, step.hold_ms)}"
    seen = f"seen {step.units:,} of {step.least_units:,} units"
    return "advance", (f"the step at {step.share:.1%} {lasted} and {seen} without harm",)


def _of_hold(held_ms: int, hold_ms: int) -> str:
    """Return a time beside the one that it should last, in the unit of that.

    >>> _of_hold(258_921_000, 172_800_000)
    '3d of 2d'
    """
    hold = format_duration(hold_ms)
    if not hold_ms:
        return f"{format_duration(held_ms)} of {hold}"
    number = hold.rstrip("dhms")
    return f"{held_ms / hold_ms * int(number):.3g}{hold.removeprefix(number)} of {hold}"


def _nothing_is_decided(inputs: Inputs) -> Decision:
    open_ones = [open_reason(each) for each in inputs.metrics if not _is_settled(each)]
    return "continue", tuple(open_ones) or ("the step is not over",)


def _bandit_goes_on(inputs: Inputs) -> Decision:
    goals = ((each, each.gain.sign) for each in inputs.of("goal"))
    said = (gain_reason(each, "better" if sign > 0 else "worse") if sign else open_reason(each) for each, sign in goals)
    return "continue", tuple(said)


_RULES: tuple[Callable[[Inputs], Decision | None], ...] = (
    _guardrail_is_harmed,
    _test_is_in_doubt,
    _signal_is_harmed,
    _goal_is_worse,
    _treatment_is_proven,
    _step_is_over,
    _nothing_is_decided,
)
_RULES_OF_BANDITS: tuple[Callable[[Inputs], Decision | None], ...] = (
    _guardrail_is_harmed,
    _test_is_in_doubt,
    _signal_is_harmed,
    _bandit_goes_on,
)


def _is_settled(each: MetricEvidence) -> bool:
    return each.gain.sign > 0 if each.metric.role == "goal" else each.is_safe
