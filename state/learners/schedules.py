"""Learning rates as functions of the number of rows learnt, as factors of the first rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Schedule(Protocol):
    """A function from rows learnt to the share of the first rate that is used for the next row."""

    def factor(self, rows: int) -> float:
        """Return the factor after so many rows."""


@dataclass(frozen=True)
class Constant:
    """The same rate for ever.

    >>> Constant().factor(1_000)
    1.0
    """

    def factor(self, rows: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class InverseScaling:
    """A rate that falls with a power of the rows: 1/(1 + rows)^power.

    Source: Bottou, Large-scale machine learning with stochastic gradient descent, COMPSTAT 2010.

    Args:
        power: power of the fall, over 0.

    Raises:
        ValueError: the power is out of range.

    >>> InverseScaling(power=0.5).factor(3)
    0.5
    """

    power: float = 0.5

    def __post_init__(self) -> None:
        _check("inverse_scaling: power", self.power > 0, "over 0", self.power, 0.5)

    def factor(self, rows: int) -> float:
        """Return the factor after so many rows."""
        return math.pow(1.0 + rows, -self.power)


@dataclass(frozen=True)
class Step:
    """A rate that is multiplied by ``decay`` after each ``period`` rows.

    Args:
        decay: factor of each step, over 0 and under 1.
        period: rows of a step.

    Raises:
        ValueError: a number is out of range.

    >>> [Step(decay=0.5, period=10).factor(rows) for rows in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    decay: float = 0.5
    period: int = 10_000

    def __post_init__(self) -> None:
        _check("step: decay", 0 < self.decay < 1, "over 0 and under 1", self.decay, 0.5)
        _check("step: period", self.period >= 1, ">= 1 rows", self.period, 10_000)

    def factor(self, rows: int) -> float:
        """Return the factor after so many rows."""
        return math.pow(self.decay, rows // self.period)


@dataclass(frozen=True)
class Exponential:
    """A rate that falls with every row, by ``decay`` over ``period`` rows.

    Args:
        decay: factor over a period, over 0 and under 1.
        period: rows of a period.

    Raises:
        ValueError: a number is out of range.

    >>> [Exponential(decay=0.25, period=10).factor(rows) for rows in (0, 5, 10)]
    [1.0, 0.5, 0.25]
    """

    decay: float = 0.5
    period: int = 10_000

    def __post_init__(self) -> None:
        _check("exponential: decay", 0 < self.decay < 1, "over 0 and under 1", self.decay, 0.5)
        _check("exponential: period", self.period >= 1, ">= 1 rows", self.period, 10_000)

    def factor(self, rows: int) -> float:
        """Return the factor after so many rows."""
        return math.pow(self.decay, rows / self.period)


@dataclass(frozen=True)
class Cosine:
    """A rate that climbs to all of itself, then falls along half a cosine to ``least``, and stays there.

    Source: Loshchilov, Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017, eq. 5, one run.

    Args:
        period: rows of the fall.
        warm_up: rows of the climb, which is linear.
        least: share of the rate that stays, 0 to under 1; a stream that continues needs more than 0.

    Raises:
        ValueError: a number is out of range.

    >>> [round(Cosine(period=10, warm_up=4, least=0.2).factor(rows), 3) for rows in (0, 3, 4, 9, 14, 99)]
    [0.25, 1.0, 1.0, 0.6, 0.2, 0.2]
    """

    period: int = 100_000
    warm_up: int = 0
    least: float = 0.01

    def __post_init__(self) -> None:
        _check("cosine: period", self.period >= 1, ">= 1 rows", self.period, 100_000)
        _check("cosine: warm_up", self.warm_up >= 0, ">= 0 rows", self.warm_up, 0)
        _check("cosine: least", 0 <= self.least < 1, "0 to under 1", self.least, 0.01)

    def factor(self, rows: int) -> float:
        """Return the factor after so many rows."""
        if rows < self.warm_up:
            return (rows + 1) / self.warm_up
        done = min(1.0, (rows - self.warm_up) / self.period)
        return self.least + (1.0 - self.least) * 0.5 * (1.0 + math.cos(math.pi * done))


SCHEDULES: Mapping[str, type[Constant | InverseScaling | Step | Exponential | Cosine]] = {
    "constant": Constant,
    "inverse_scaling": InverseScaling,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
}


def _check(name: str, is_right: bool, expected: str, got: float, default: float) -> None:
    if not is_right or not math.isfinite(got):
        msg = f"schedule {name}: expected a number {expected}, got {got}; the default is {default}"
        raise ValueError(msg)
