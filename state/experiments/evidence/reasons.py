"""Reasons of a verdict in words, with the numbers that they rest on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from state.experiments.evidence.metric import MetricEvidence


def harm_reason(each: MetricEvidence) -> str:
    """Say by how much a guardrail or signal is worse at least, and what was allowed."""
    worst = each.metric.margin + each.harm.lower
    return (
        f"{each.metric.role} {each.metric.name} is worse by {worst:.4g} or more, with {each.metric.margin:.4g} "
        f"allowed: {_look(each)}, p {each.harm.p:.2g}"
    )


def safety_reason(each: MetricEvidence) -> str:
    """Say by how much a guardrail is worse at most, and what was allowed."""
    worst = max(each.metric.margin - each.safety.lower, 0.0)
    return (
        f"guardrail {each.metric.name} is worse by {worst:.4g} at most, with {each.metric.margin:.4g} allowed: "
        f"{_look(each)}, p {each.safety.p:.2g}"
    )


def gain_reason(each: MetricEvidence, side: Literal["better", "worse"]) -> str:
    """Say by how much a goal is better or worse at least."""
    least = each.gain.lower if side == "better" else -each.gain.upper
    moved = ", and the truth has moved, as looks contradict each other" if each.gain.is_torn else ""
    return f"goal {each.metric.name} is {side} by {least:.4g} or more: {_look(each)}, p {each.gain.p:.2g}{moved}"


def open_reason(each: MetricEvidence) -> str:
    """Say how far a metric is that decides nothing yet."""
    if not math.isfinite(each.se):
        return f"{each.metric.role} {each.metric.name} is open: there are too few events or outcomes yet"
    if each.is_over:
        ended = f"the test has ended at {each.metric.most:,.0f}"
        return f"goal {each.metric.name} is undecided, as {ended}: {_look(each)}, p {each.gain.p:.2g}"
    p = each.gain.p if each.metric.role == "goal" else each.safety.p
    return f"{each.metric.role} {each.metric.name} is open: {_look(each)}, p {p:.2g}"


def _look(each: MetricEvidence) -> str:
    return f"difference {each.difference:.4g}, standard error {each.se:.2g}, clock {each.clock:,.0f}"
