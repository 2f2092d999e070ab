"""Split of an experiment's units: intervals of the numbers below 2**64, one a variant.

A unit has a point, a 64-bit hash, and gets the variant whose interval holds it. So the shares are exact to 2**-64, and
the same everywhere. The default variant lies in the middle, and the others in turns at the left and the right end, the
last ones innermost. So where one of the two innermost grows at the cost of the default variant, all other units stay.
With up to three variants that is every one.

A ramp takes its units from all other variants at once, so each of these has a block of its own, in which the ramped
variant grows from the left: no unit moves but to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ALL, ExperimentSettings

_POINTS = 2**64


@dataclass(frozen=True)
class Intervals:
    """Intervals that cover all points.

    Attributes:
        ends: the first point after each interval but the last, ascending, uint64.
        owners: the owner of each interval.
    """

    ends: NDArray[np.uint64]
    owners: NDArray[np.int16]

    def owners_of(self, points: NDArray[np.uint64]) -> NDArray[np.int16]:
        """Return the owner of each point, (n,)."""
        found: NDArray[np.int16] = self.owners[np.searchsorted(self.ends, points, side="right")]
        return found


def intervals(shares: Sequence[tuple[int, Fraction]]) -> Intervals:
    """Return adjacent intervals; the last reaches the highest point.

    Args:
        shares: owner and share in percent of each, in their order; they sum to 100.

    Example:
        >>> intervals([(0, Fraction(75)), (1, Fraction(25))]).ends.tolist() == [3 * 2**62]
        True
    """
    kept = [(owner, share) for owner, share in shares if share > 0]
    ends, total = [], Fraction(0)
    for _, share in kept[:-1]:
        total += share
        ends.append(int(total / ALL * _POINTS))
    return Intervals(np.array(ends, np.uint64), np.array([owner for owner, _ in kept], np.int16))


def variant_intervals(experiment: ExperimentSettings, shares: Mapping[str, Fraction]) -> Intervals:
    """Return the intervals of an experiment's variants, owned by their places in the list.

    Args:
        experiment: the experiment.
        shares: percentage of each variant by name; they sum to 100.
    """
    names = [each.name for each in experiment.variants]
    default, grown = experiment.default.name, experiment.ramped
    others = [name for name in names if name != default and (grown is None or name != grown.name)]
    order = [*others[::2], default, *reversed(others[1::2])]
    parts = [(name, shares[name]) for name in order]
    if grown is not None:
        parts = list(_in_blocks(order, grown.name, shares))
    return intervals([(names.index(name), share) for name, share in parts])


def _in_blocks(order: Sequence[str], grown: str, shares: Mapping[str, Fraction]) -> Iterator[tuple[str, Fraction]]:
    """Yield the two parts of each variant's block: that of the one that a ramp grows, and its own."""
    taken = shares[grown]
    if taken == ALL:
        yield grown, ALL
        return
    for name in order:
        yield grown, shares[name] / (ALL - taken) * taken
        yield name, shares[name]


def layer_intervals(
    layer: Sequence[ExperimentSettings], experiments: Sequence[ExperimentSettings] | None = None
) -> Intervals:
    """Return the intervals of the experiments of a layer, owned by their places; -1 owns what none takes.

    Where the last one grows, or one more comes behind it, all other units stay.

    Args:
        layer: those with a place in the layer, in their order.
        experiments: those whose places own intervals; the others' are owned by -1; None: all.
    """
    names = [each.name for each in (layer if experiments is None else experiments)]
    owners = {name: place for place, name in enumerate(names)}
    shares = [(owners.get(each.name, -1), Fraction(str(each.traffic))) for each in layer]
    rest = ALL - sum((share for _, share in shares), Fraction(0))
    return intervals([*shares, (-1, rest)])
