"""Ramp of an experiment: the steps in which a new variant gets its units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field

from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Name, Real, Whole


def _ascending(steps: tuple[float, ...]) -> tuple[float, ...]:
    if not steps or list(steps) != sorted(set(steps)):
        raise validation_error(Refusal("one or more weights, each higher than the one before"))
    return steps


class RampSettings(FrozenSettings):
    """Steps in which a variant grows while the experiment shows no harm; the first one holds from the start.

    The other enabled variants share the rest in proportion to their weights. The weights of a running experiment are
    in the model's deployments, and a restart continues with them.

    Attributes:
        variant: the variant that grows; default: the only one beside the default variant.
        steps: its weight at each step, in percent, over 0 to 100 and ascending; default 1, 5, 10, 25, 50, 100.
        hold_ms: shortest time at each step; YAML ``hold``, default 1h.
        min_units: fewest units, of all variants together, that are seen at each step, >= 0; default 1000.
    """

    variant: Name | None = None
    steps: Annotated[tuple[Annotated[Real, Field(gt=0, le=100)], ...], AfterValidator(_ascending)] = (
        1,
        5,
        10,
        25,
        50,
        100,
    )
    hold_ms: DurationMs = Field(default=3_600_000, alias="hold")
    min_units: Whole = Field(default=1000, ge=0)


class Weighted(Protocol):
    """A variant, as far as a ramp is concerned."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""

    @property
    def share(self) -> Fraction:
        """Its weight."""


def ramp_refusals(ramp: RampSettings, variants: Sequence[Weighted], default: str) -> Iterator[Refusal]:
    """Yield a refusal for each rule that an experiment with a ramp breaks.

    Args:
        ramp: the ramp.
        variants: those of the experiment.
        default: name of its default variant.
    """
    others = tuple(each.name for each in variants if each.name != default)
    if not others:
        yield Refusal("a variant beside the default one, which the ramp grows", ("variants",))
        return
    if ramp.variant is None and len(others) > 1:
        expected = "the name of the variant that grows, as there are several beside the default one"
        yield Refusal(expected, ("ramp", "variant"))
        return
    if ramp.variant is not None and ramp.variant not in others:
        yield Refusal("the name of a variant beside the default one", ("ramp", "variant"), candidates=others)
        return
    grown = ramp.variant or others[0]
    rest = sum((each.share for each in variants if each.enabled and each.name != grown), Fraction(0))
    if rest <= 0:
        yield Refusal("an enabled variant with a weight over 0 beside the one that grows", ("variants",))
    for index, each in enumerate(variants):
        if each.name == grown and each.share > 0:
            hint = "leave it out"
            yield Refusal("0, as the steps of the ramp decide this weight", ("variants", index, "weight"), hint)
