"""Result of a comparison of two samples, and the effect sizes that matter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Measurement:
    """One comparison.

    Attributes:
        statistic: value in the measure's own unit; NaN if a sample has no rows.
        p: chance of a statistic this large without drift, 0..1; NaN if it is unknown, as with one cell in use.
        score: size of the drift, independent of the number of rows: 0 none, 0.8 large, towards 1.
    """

    statistic: float
    p: float
    score: float


NOT_COMPUTABLE = Measurement(float("nan"), float("nan"), 0.0)


class Measure(Protocol):
    """A function that compares the counts of two samples over the same cells."""

    __name__: str

    def __call__(self, baseline: ArrayLike, window: ArrayLike) -> Measurement:
        """Measure the distance of the window from the baseline."""


def drift_score(effect: float, noise: float, large: float) -> float:
    """Map an effect size to 0..1: 1 − 5^(−(effect − noise)/large), 0 where the effect is within its noise.

    So 0.8 is an effect that convention calls large, and samples of any size without drift stay near 0.

    Args:
        effect: effect size >= 0, of the kind that grows with the square of a shift.
        noise: expected effect size by chance alone.
        large: effect size that scores 0.8.

    Example:
        >>> round(drift_score(0.25, 0.0, 0.25), 3)
        0.8
    """
    return 1.0 - math.exp(-math.log(5) * max(0.0, effect - noise) / large)


def counts_of(baseline: ArrayLike, window: ArrayLike) -> tuple[Counts, Counts]:
    """Return both as whole numbers.

    Raises:
        ValueError: they are not two columns of counts over the same cells.
    """
    pair = np.asarray(baseline), np.asarray(window)
    if pair[0].shape != pair[1].shape or pair[0].ndim != 1:
        msg = (
            f"baseline and window: expected counts over the same cells, got shapes {pair[0].shape} and "
            f"{pair[1].shape}; count both with the baseline's edges"
        )
        raise ValueError(msg)
    for name, counts in zip(("baseline", "window"), pair, strict=True):
        if not (np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))).all():
            msg = f"{name}: expected counts, whole numbers >= 0, got {counts.tolist()}; pass counts, not shares"
            raise ValueError(msg)
    return pair[0].astype(np.int64), pair[1].astype(np.int64)
