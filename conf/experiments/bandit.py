"""Bandit of an experiment: its weights follow the chance of each variant to be the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Protocol

from pydantic import Field

from conf.experiments.verdict import VerdictSettings
from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal
from conf.types.scalars import Name, Real, Whole

_ALL = 100


class BanditSettings(FrozenSettings):
    """Rules by which looks at an experiment change its weights (``strategy: bandit``).

    The weights that variants have are those of the start; without any, all start equal. The goal's differences between
    variants are taken to stay what they are, while its level may change for all of them at once.

    Attributes:
        goal: name of the metric with role goal that decides the weights.
        floor: share of units that each variant keeps at least, over 0 to 0.5; default 0.05.
        min_units: units that each variant has before weights change, >= 2; default 100.
    """

    goal: Name
    floor: Real = Field(default=0.05, gt=0, le=0.5)
    min_units: Whole = Field(default=100, ge=2)


class Weighted(Protocol):
    """A variant, as far as a bandit is concerned."""

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""

    @property
    def share(self) -> Fraction:
        """Its weight."""


def bandit_refusals(
    bandit: BanditSettings, variants: Sequence[Weighted], verdict: VerdictSettings | None
) -> Iterator[Refusal]:
    """Yield a refusal for each rule that an experiment with a bandit breaks.

    Args:
        bandit: the bandit.
        variants: those of the experiment.
        verdict: that of the experiment.
    """
    if verdict is None:
        yield Refusal("metrics, by which a bandit chooses", ("verdict",))
    else:
        yield from _of_metrics(bandit, verdict)
    count = sum(each.enabled for each in variants)
    if count < 2:
        yield Refusal("two or more enabled variants, between which the bandit chooses", ("variants",))
    elif Fraction(str(bandit.floor)) * count > 1:
        yield Refusal(f"at most {1 / count:.4g}, as {count} variants have it", ("bandit", "floor"))
    else:
        yield from _of_weights(bandit, variants)


def _of_metrics(bandit: BanditSettings, verdict: VerdictSettings) -> Iterator[Refusal]:
    goals = tuple(metric.title for metric in verdict.metrics if metric.role == "goal")
    if bandit.goal not in goals:
        yield Refusal("the name of a metric of the verdict with role goal", ("bandit", "goal"), candidates=goals)
    for place, metric in enumerate(verdict.metrics):
        at = ("verdict", "metrics", place)
        if metric.of == "auc":
            yield Refusal("a mean, as rows of rounds with other weights share no area", (*at, "of"))
        if metric.per == "unit":
            hint = "a unit's sum grows with the time that it is in an arm, and a bandit moves units"
            yield Refusal("event, which strategy bandit needs", (*at, "per"), hint)


def _of_weights(bandit: BanditSettings, variants: Sequence[Weighted]) -> Iterator[Refusal]:
    if not any(each.share for each in variants):
        return
    least = Fraction(str(bandit.floor)) * _ALL
    for place, each in enumerate(variants):
        at = ("variants", place, "weight")
        if each.enabled and each.share < least:
            hint = "leave out all weights to start evenly; a bandit has no variant that is a shadow alone"
            yield Refusal(f"{float(least):g} or more, the floor of the bandit", at, hint)
        elif not each.enabled and each.share:
            yield Refusal("0, as the variant is switched off", at, "a bandit shares all units among the others")
    on = sum((each.share for each in variants if each.enabled), Fraction(0))
    if on != _ALL:
        yield Refusal("variants whose weights sum to 100", ("variants",), f"enabled weights sum to {float(on):.12g}")
