"""Simulated tests with two arms, of which the truth is known; many at once, and each looked at after every window.

Units of a window come in fixed numbers to both arms: even ones, or one in a hundred to the treatment, as in the first
step of a ramp. A metric is a binary or a skewed (log-normal) value; an event is
the unit's only one, or units have one with a chance of a half in every window and resemble themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from state.experiments.difference import difference
from state.experiments.moments import Moments
from state.experiments.paired import paired_difference

Values: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[Generator, tuple[int, ...], float], Values]

AT_ONCE = 500
_RATE, _SPREAD = 0.1, 1.0
_HABIT = 0.5  # standard deviation of units' own levels, in logarithms
_NOISE = 0.3  # the same of what two models do differently on a row


@dataclass(frozen=True)
class Looks:
    """Everything that was seen at each look of each test.

    Attributes:
        difference: (tests, windows).
        se: its standard error, (tests, windows).
        units: units in both arms so far, (windows,).
        events: events in both arms so far, (tests, windows).
    """

    difference: Values
    se: Values
    units: Values
    events: Values


def binary(rng: Generator, shape: tuple[int, ...], lift: float) -> Values:
    """Draw values 0 and 1 with a rate of a tenth, times 1 + lift."""
    return (rng.random(shape) < _RATE * (1 + lift)).astype(np.float64)


def skewed(rng: Generator, shape: tuple[int, ...], lift: float) -> Values:
    """Draw log-normal values, times 1 + lift."""
    return (1 + lift) * np.exp(_SPREAD * rng.standard_normal(shape))


def one_event(
    draw: Draw, lift: float, rng: Generator, *, tests: int, windows: int, units: int, share: float = 0.5
) -> Looks:
    """Simulate tests in which each of the units of a window has one event.

    Args:
        draw: distribution of the values.
        lift: of the treatment, as a share of the mean.
        rng: source of chance.
        tests: number of tests.
        windows: looks of each.
        units: new units of a window, in both arms together.
        share: share of them in the treatment.
    """
    treated = round(units * share)
    arms = [Moments.from_units(np.empty((tests, 0)))] * 2
    found = []
    for _ in range(windows):
        drawn = draw(rng, (tests, treated), lift), draw(rng, (tests, units - treated), 0.0)
        arms = [arm + Moments.from_units(values) for arm, values in zip(arms, drawn, strict=True)]
        found.append(difference(*arms))
    seen = np.arange(1, windows + 1) * float(units)
    return _looks([(each.difference, each.se) for each in found], seen, np.tile(seen, (tests, 1)))


def many_events(draw: Draw, lift: float, rng: Generator, *, tests: int, windows: int, units: int) -> Looks:
    """Simulate tests over units that are all there from the start and go on having events; the metric is per event.

    Args:
        draw: distribution of the values of an event.
        lift: of the treatment, as a share of the mean.
        rng: source of chance.
        tests: number of tests.
        windows: looks of each.
        units: units of a test, in both arms together.
    """
    shape = (tests, units // 2)
    habits = [np.exp(_HABIT * rng.standard_normal(shape)) for _ in range(2)]
    sums = [np.zeros((2, *shape)) for _ in range(2)]
    arms = [Moments.from_units(*each) for each in sums]
    found, events = [], []
    for _ in range(windows):
        for arm, by in enumerate((lift, 0.0)):
            has_event = rng.random(shape) < 0.5
            # A unit's own level moves its values of both kinds: a rate is reached more or less often.
            values = _by_habit(draw, rng, habits[arm], by)
            new = sums[arm] + np.stack([np.where(has_event, values, 0.0), has_event])
            arms[arm] = arms[arm].updated(sums[arm][0], new[0], old_d=sums[arm][1], new_d=new[1])
            sums[arm] = new
        compared = difference(*arms)
        found.append((compared.difference, compared.se))
        events.append(compared.events)
    return _looks(found, np.full(windows, 2.0 * (units // 2)), np.stack(events, axis=-1))


def shadow(lift: float, rng: Generator, *, tests: int, windows: int, units: int) -> Looks:
    """Simulate tests of two models on the same rows, one a unit, whose losses are skewed as those of two arms are.

    Args:
        lift: of the candidate, as a share of the mean.
        rng: source of chance.
        tests: number of tests.
        windows: looks of each.
        units: new units of a window.
    """
    both, found = Moments.from_units(np.empty((tests, 0))), []
    rest = np.sqrt(_SPREAD**2 - _NOISE**2 / 2)
    for _ in range(windows):
        hard = rest * rng.standard_normal((tests, units))
        losses = [np.exp(hard + _NOISE / np.sqrt(2) * rng.standard_normal(hard.shape)) for _ in range(2)]
        both += Moments.from_units((1 + lift) * losses[0], covariate=losses[1])
        compared = paired_difference(both)
        found.append((compared.difference, compared.se))
    seen = np.arange(1, windows + 1) * float(units)
    return _looks(found, seen, np.tile(seen, (tests, 1)))


KINDS: dict[str, Callable[..., Looks]] = {
    "binary, one event a unit": partial(one_event, binary),
    "skewed, one event a unit": partial(one_event, skewed),
    "binary, one in a hundred treated": partial(one_event, binary, share=0.01),
    "skewed, one in a hundred treated": partial(one_event, skewed, share=0.01),
    "binary, many events a unit": partial(many_events, binary),
    "skewed, many events a unit": partial(many_events, skewed),
    "skewed, same rows": shadow,
}


def in_parts(simulate: Callable[..., Looks], tests: int, seed: int, **sizes: int) -> Iterator[Looks]:
    """Yield many tests in parts that fit into memory, each with chance of its own."""
    for start in range(0, tests, AT_ONCE):
        rng = np.random.default_rng([seed, start])
        yield simulate(rng, tests=min(AT_ONCE, tests - start), **sizes)


def _by_habit(draw: Draw, rng: Generator, habits: Values, lift: float) -> Values:
    if draw is binary:
        return (rng.random(habits.shape) < np.minimum(_RATE * (1 + lift) * habits, 1.0)).astype(np.float64)
    return habits * draw(rng, habits.shape, lift)


def _looks(found: list[tuple[Values, Values]], units: Values, events: Values) -> Looks:
    differences, errors = (np.stack(column, axis=-1) for column in zip(*found, strict=True))
    return Looks(differences, errors, units, events)
