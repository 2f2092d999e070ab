"""Difference of two areas under the ROC curve: of independent arms, or of two models on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.experiments.auc import ScoreCounts, placement_covariance, placements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AreaDifference:
    """Two areas compared.

    Attributes:
        difference: treatment, or candidate, less control, or current.
        se: its standard error over rows; NaN below two rows of a label, 0 where scores separate labels perfectly.
        treatment: area of the treatment or candidate.
        control: area of the control or current model.
        clock: rows of an even split of labels with as much information, 4·m·n/(m + n) of m positives and n negatives.
    """

    difference: float
    se: float
    treatment: float
    control: float
    clock: float


def area_difference(treatment: ScoreCounts, control: ScoreCounts) -> AreaDifference:
    """Compare the areas of two arms, which are independent.

    The variance is the larger of DeLong's and of that with one spread of placements for both arms: a few positives of a
    small arm may all be placed alike, see `state.experiments.difference`.
    """
    own, pooled = 0.0, 0.0
    for label in range(2):
        rows = [int(arm.counts[label].sum()) for arm in (treatment, control)]
        variances = [
            placement_covariance(arm.counts[label], placements(arm.counts)[label]) for arm in (treatment, control)
        ]
        squares = sum((n - 1) * n * variance for n, variance in zip(rows, variances, strict=True))
        own += sum(variances)
        pooled += squares / max(sum(rows) - 2, 1) * sum(1 / max(n, 1) for n in rows)
    se = math.sqrt(max(own, pooled))
    clock = _clock(treatment.counts) + _clock(control.counts)
    return AreaDifference(treatment.area - control.area, se, treatment.area, control.area, clock)


def paired_area_difference(both: ScoreCounts) -> AreaDifference:
    """Compare the areas of two models on the same rows, whose errors are correlated.

    Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44, 1988.
    """
    candidate, current = (ScoreCounts(both.counts.sum(axis=axis)) for axis in (2, 1))
    first, second = placements(candidate.counts), placements(current.counts)
    shared = sum(placement_covariance(both.counts[i], first[i], second[i]) for i in range(2))
    variance = candidate.variance + current.variance - 2 * shared
    se = math.sqrt(max(variance, 0.0)) if not math.isnan(variance) else math.nan
    return AreaDifference(candidate.area - current.area, se, candidate.area, current.area, _clock(candidate.counts))


def _clock(counts: NDArray[np.int64]) -> float:
    negatives, positives = int(counts[0].sum()), int(counts[1].sum())
    return 4 * negatives * positives / max(negatives + positives, 1)
