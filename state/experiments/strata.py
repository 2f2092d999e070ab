"""Difference over strata that were split in different shares, as the steps of a ramp or the rounds of a bandit are.

Units of a step at 1 % and of one at 50 % must not be put into one arm: when values drift, the arm that got its units
late looks better or worse without being so. Within a step both arms have their units at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Stratified:
    """Differences of strata as one; leading axes are those of the strata's differences.

    Attributes:
        difference: weighted mean of the differences, (...); NaN while no stratum has units in both arms.
        se: its standard error, (...).
        clock: 4·Σh, the units of an even split with as much information, (...).
    """

    difference: NDArray[np.float64]
    se: NDArray[np.float64]
    clock: NDArray[np.float64]


def combine_strata(difference: ArrayLike, se: ArrayLike, treatment: ArrayLike, control: ArrayLike) -> Stratified:
    """Combine differences with the weights h = n_t·n_c/(n_t + n_c), which are those of least variance for equal spread.

    A unit belongs to the stratum in which it was first assigned, with all its later events. A stratum without a
    standard error (fewer than two units in an arm) has no weight.

    Source: overlap weights: Li, Morgan, Zaslavsky, Balancing covariates via propensity score weighting, JASA 113, 2018;
    strata: Cochran, Biometrics 10, 1954.

    Args:
        difference: treatment less control in each stratum, (..., strata).
        se: its standard error, (..., strata).
        treatment: the clock of the treatment in each stratum: units, or events, (..., strata).
        control: the clock of the control in each stratum, (..., strata).

    Example:
        >>> found = combine_strata([1.0, 2.0], [0.5, 0.5], [10, 50], [90, 50])
        >>> round(float(found.difference), 4), float(found.clock)
        (1.7353, 136.0)
    """
    effects, errors = np.asarray(difference, np.float64), np.asarray(se, np.float64)
    n_t, n_c = np.asarray(treatment, np.float64), np.asarray(control, np.float64)
    is_known = np.isfinite(effects) & np.isfinite(errors) & (n_t > 0) & (n_c > 0)
    weights = np.where(is_known, n_t * n_c / np.where(is_known, n_t + n_c, 1.0), 0.0)
    total = weights.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = weights / total[..., np.newaxis]
    combined = (shares * np.where(is_known, effects, 0.0)).sum(axis=-1)
    variance = (shares**2 * np.where(is_known, errors, 0.0) ** 2).sum(axis=-1)
    return Stratified(combined, np.sqrt(variance), 4 * total)
