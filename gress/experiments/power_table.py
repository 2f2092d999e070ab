"""Units that a test takes to find a lift, by how it is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.errors import JobError, refuse
from state.experiments.power import (
    Plan,
    between_arms,
    fixed_units,
    group_sequential_units,
    on_same_rows,
    sequence_units,
)
from state.verdicts.judging.group_looks import LOOKS

_ROUNDS = 8


@dataclass(frozen=True)
class Wanted:
    """A lift to be found, and how surely.

    Attributes:
        difference: in the metric's unit.
        deviation: standard deviation of a unit's value.
        share: share of units that the treatment gets, between 0 and 1.
        alpha: chance of a false alarm.
        power: chance to find the lift.
        correlation: r of a unit's values under both models, for a shadow; None: no shadow.
        units_per_day: new units a day; None: not known.
    """

    difference: float
    deviation: float
    share: float = 0.5
    alpha: float = 0.05
    power: float = 0.8
    correlation: float | None = None
    units_per_day: float | None = None


@dataclass(frozen=True)
class PowerRow:
    """A kind of test, with the units that it needs.

    Attributes:
        test: ``ab`` for two variants, ``shadow`` for two models on the same rows.
        looks: when it is looked at.
        units: units of all variants together.
        treatment: those of the treatment; of a shadow, all.
        days: until they have come; None: not known.
        planned_units: setting of the verdict that makes it so; None: it is not the one.
        max_units: setting of the verdict that makes it so; None: it is not the one.
    """

    test: str
    looks: str
    units: int
    treatment: int
    days: float | None
    planned_units: int | None = None
    max_units: int | None = None


def power_table(wanted: Wanted) -> list[PowerRow]:
    """Return a row for each way to test.

    Raises:
        JobError: a number is out of range.
    """
    try:
        return list(_rows_of(wanted))
    except ValueError as error:
        subject = "gress experiments power"
        raise JobError(subject, str(error)) from None


def _rows_of(wanted: Wanted) -> Iterator[PowerRow]:
    level = {"alpha": wanted.alpha, "power": wanted.power}
    yield from _rows("ab", between_arms(wanted.difference, wanted.deviation, share=wanted.share, **level), wanted)
    if wanted.correlation is not None:
        paired = on_same_rows(wanted.difference, wanted.deviation, wanted.correlation, **level)
        yield from _rows("shadow", paired, wanted)


def parse_lift(text: str, baseline: float) -> float:
    """Return the difference that a lift makes: ``5%`` of the baseline, or a number in the metric's unit.

    Raises:
        JobError: the text is neither, or makes no difference.

    Example:
        >>> parse_lift("5%", 0.2), parse_lift("-0.01", 0.2)
        (0.01, -0.01)
    """
    is_relative = text.endswith("%")
    if is_relative and (not math.isfinite(baseline) or not baseline):
        refuse("--baseline", "a number other than 0, of which the lift is a percentage", f"{baseline:g}", "--lift 0.01")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    found = baseline * number / 100 if is_relative else number
    if not math.isfinite(found) or not found:
        refuse("--lift", "a percentage of the baseline, or a number in its unit, and a difference", repr(text), "5%")
    return found


def parse_share(text: str) -> float:
    """Return a share: ``20%`` or ``0.2``.

    Raises:
        JobError: the text is no share between 0 and 1.

    Example:
        >>> parse_share("20%")
        0.2
    """
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = math.nan
    if not 0 < found < 1:
        refuse("--share", "a percentage, or a number between 0 and 1", repr(text), "50% takes the fewest units")
    return found


def default_deviation(baseline: float, difference: float) -> float:
    """Return √(p(1 − p)), the standard deviation of what happens with probability p.

    Raises:
        JobError: the baseline is no probability, or is none after the change.
    """
    if not 0 < baseline < 1:
        advice = "give that of a unit's value"
        refuse("--deviation", "a standard deviation, as a baseline of this size is no rate", f"{baseline:g}", advice)
    if not 0 <= baseline + difference <= 1:
        got = f"{difference:+g}, which takes {baseline:g} to {baseline + difference:g}"
        refuse("--lift", "a change after which a rate is from 0 to 1", got, "a percentage is one of the baseline")
    return math.sqrt(baseline * (1 - baseline))


def _rows(test: str, plan: Plan, wanted: Wanted) -> Iterator[PowerRow]:
    anytime, planned = _tightest(plan)
    on_the_way = group_sequential_units(plan, looks=LOOKS)
    found = (
        ("once, at the end", fixed_units(plan), None, None),
        # Pairs have no end: they take few units anyhow.
        (f"{LOOKS} times, on the way to the end", on_the_way, None, on_the_way if test == "ab" else None),
        ("whenever one likes", anytime, planned, None),
    )
    for looks, units, *settings in found:
        days = units / wanted.units_per_day if wanted.units_per_day is not None else None
        treatment = math.ceil(units * wanted.share) if test == "ab" else units
        yield PowerRow(test, looks, units, treatment, days, *settings)


def _tightest(plan: Plan) -> tuple[int, int]:
    """Return the units that a sequence takes that is tightest at its end, and the end that it is planned for."""
    planned = fixed_units(plan)
    for _ in range(_ROUNDS):
        units = sequence_units(plan, planned)
        if units == planned:
            break
        planned = units
    return sequence_units(plan, planned), planned
