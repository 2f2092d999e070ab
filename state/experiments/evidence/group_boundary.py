"""Boundary of a group-sequential test at the looks that were made, for use where a sequence's boundary is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.group_sequential import SPENDING, critical_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.experiments.group_sequential import Sides

VERSION = 1
_MOST_ALPHA = 0.999
_HALVINGS = 24


@dataclass(frozen=True)
class GroupBoundary:
    """Boundary at the last of some looks on the way to a known number of units.

    A test that looks seldom, as at each twentieth of its units, and at its end has more power than a confidence
    sequence; it must end at that number. See `state.experiments.group_sequential`.

    Attributes:
        alpha: chance of a false alarm at any look, both sides together.
        spending: name in `SPENDING`.
        sides: 1 to look for a positive difference only.
        fractions: units seen over units planned at the looks so far.

    Raises:
        ValueError: there is no such way to spend.

    Example:
        >>> first = GroupBoundary().after_look(1000, 2000)
        >>> [round(float(look.half_width(1.0, 0)), 3) for look in (first, first.after_look(2000, 2000))]
        [2.963, 1.969]
    """

    alpha: float = 0.05
    spending: str = "obrien_fleming"
    sides: Sides = 2
    fractions: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.spending not in SPENDING:
            msg = f"spending: expected one of {', '.join(SPENDING)}, got {self.spending!r}"
            raise ValueError(msg)

    def after_look(self, units: float, max_units: float) -> GroupBoundary:
        """Return the boundary of one more look.

        Args:
            units: units in both arms so far, more than at the look before.
            max_units: units in both arms at which the test ends.
        """
        return replace(self, fractions=(*self.fractions, units / max_units))

    @property
    def has_upper(self) -> bool:
        """Whether it bounds the truth from above, too."""
        return self.sides == 2

    def half_width(self, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the distance at the last look, infinite before the first; the looks are the clock."""
        error = np.broadcast_arrays(np.asarray(se, np.float64), clock)[0]
        return np.where(error > 0, np.where(error > 0, error, 1.0) * self._critical, np.inf)

    def p_value(self, difference: ArrayLike, se: ArrayLike, clock: ArrayLike) -> NDArray[np.float64]:
        """Return the smallest alpha whose boundary a difference exceeds at the last look, at most 1.

        It is found by trial: a third of a second after 20 looks.
        """
        effects, errors, _ = np.broadcast_arrays(np.asarray(difference, np.float64), np.asarray(se, np.float64), clock)
        z = np.divide(effects, errors, out=np.zeros(effects.shape), where=errors > 0)
        return np.array([self._p(each) for each in np.ravel(np.abs(z) if self.has_upper else z)]).reshape(z.shape)

    def pack(self) -> NDArray[np.float64]:
        """Return format version and fractions, (1 + looks,); the rest comes from the settings again."""
        return np.array([VERSION, *self.fractions])

    def unpack(self, packed: ArrayLike) -> GroupBoundary:
        """Return this boundary at the looks that were packed.

        Raises:
            ValueError: they are of another format version.
        """
        values = np.asarray(packed, np.float64)
        if values.ndim != 1 or not values.size or values[0] != VERSION:
            msg = f"group boundary: expected looks of version {VERSION}, got {values.tolist()}; start the test anew"
            raise ValueError(msg)
        return replace(self, fractions=tuple(values[1:].tolist()))

    @cached_property
    def _critical(self) -> float:
        return self._critical_at(self.alpha)

    def _critical_at(self, alpha: float) -> float:
        if not self.fractions:
            return np.inf
        spending = SPENDING[self.spending]
        return float(critical_values(self.fractions, alpha, spending=spending, sides=self.sides)[-1])

    def _p(self, z: float) -> float:
        """Halve the logarithms of alpha between which the boundary falls to z."""
        if z < self._critical_at(_MOST_ALPHA):
            return 1.0
        low, high = -60.0, np.log(_MOST_ALPHA)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if z >= self._critical_at(np.exp(middle)) else (middle, high)
        return float(np.exp(high))
