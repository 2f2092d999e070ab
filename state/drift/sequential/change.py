"""A change that a sequential detector found in a stream, and its size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from state.drift.measures.measurement import drift_score

LARGE = 0.25  # half a standard deviation, squared: there the stability index of two normal distributions is 0.25


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        position: position in the batch of the value at which it was found.
        shift: mean after the change less the mean before it, in units of the values.
        score: size of the shift in standard deviations of the values, mapped to 0..1 as windows' scores are: 0.8 is
            half a deviation.
    """

    position: int
    shift: float
    score: float


@dataclass(frozen=True)
class Part:
    """Values on one side of a change.

    Attributes:
        values: number of values, >= 1.
        mean: mean of the values.
    """

    values: int
    mean: float


def change_between(position: int, before: Part, after: Part, squares: float) -> Change:
    """Return the change from one part of a stream to the next.

    Args:
        position: position as in `Change`.
        before: values before the change.
        after: values after the change.
        squares: sum of the squared deviations of all values from the mean of their own part.

    Example:
        >>> change_between(9, Part(500, 0.25), Part(500, 0.5), 250.0).shift
        0.25
    """
    shift = after.mean - before.mean
    variance = squares / (before.values + after.values)
    effect = shift * shift / variance if variance > 0 else math.inf
    return Change(position, shift, drift_score(effect, 1 / before.values + 1 / after.values, LARGE))
