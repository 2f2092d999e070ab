"""Difference of two arms and its standard error, plain or adjusted by what was known of the units before.

Rules this file keeps:

- The variance is the larger of Welch's, where each arm has its own, and Student's, where both have one. A ramp begins
  with a few units in one arm and thousands in the other. The few may all be the same, or all be small where some are
  large: their own variance is then next to nothing, and looks at it would call equal arms different more often than
  not. With even arms both variances are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.moments import COVARIATE, D, X

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from state.experiments.moments import Moments

    _Pair: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Difference:
    """Two arms compared; leading axes are those of the moments.

    Attributes:
        difference: treatment less control, (...).
        se: its standard error over units, see the rules above; NaN while an arm has fewer than two.
        treatment: ratio of the treatment.
        control: ratio of the control.
        units: units in both arms, the clock of a boundary if a unit counts once.
        events: sum of the denominators of both arms, the clock if they are numbers of events.
    """

    difference: NDArray[np.float64]
    se: NDArray[np.float64]
    treatment: NDArray[np.float64]
    control: NDArray[np.float64]
    units: NDArray[np.float64]
    events: NDArray[np.float64]


def difference(treatment: Moments, control: Moments) -> Difference:
    """Compare the ratios of two arms; those are means where the denominator is 1.

    Source: Welch, Biometrika 34, 1947; Student, Biometrika 6, 1908; ratios by the delta method, see `Moments`.

    Example:
        >>> from state.experiments.moments import Moments
        >>> found = difference(Moments.from_units([2, 4]), Moments.from_units([1, 2, 3]))
        >>> float(found.difference), round(float(found.se), 4), float(found.units)
        (1.0, 1.1547, 5.0)
    """
    variances = (treatment.variance_of_ratio, control.variance_of_ratio)
    return _difference(treatment, control, (treatment.ratio, control.ratio), variances)


def adjusted_difference(treatment: Moments, control: Moments) -> Difference:
    """Compare two arms after the covariate's prediction is subtracted (CUPED); its share of the variance goes with it.

    Each ratio loses θ times the distance of its mean covariate from that of both arms, with
    θ = cov(value, covariate)/var(covariate) over both; a covariate that does not vary takes nothing off.

    Source: Deng, Xu, Kohavi, Walker, Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data, WSDM 2013; of ratios: Deng, Knoblich, Lu, KDD 2018, arXiv 1803.06336.
    """
    both = treatment + control
    spread = both.covariance(COVARIATE, COVARIATE)
    is_known = spread > 0
    theta = np.where(is_known, _with_covariate(both) / np.where(is_known, spread, 1.0), 0.0)
    ratios = [
        arm.ratio - theta * (arm.means[..., COVARIATE] - both.means[..., COVARIATE]) for arm in (treatment, control)
    ]
    variances = (_adjusted_variance(treatment, theta), _adjusted_variance(control, theta))
    return _difference(treatment, control, (ratios[0], ratios[1]), variances)


def _with_covariate(arm: Moments) -> NDArray[np.float64]:
    """Return the covariance of the covariate with a unit's part in the ratio, (x − R·d)/mean_d."""
    part = arm.covariance(X, COVARIATE) - arm.ratio * arm.covariance(D, COVARIATE)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = part / arm.means[..., D]
    return found


def _adjusted_variance(arm: Moments, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    change = theta**2 * arm.covariance(COVARIATE, COVARIATE) - 2 * theta * _with_covariate(arm)
    found: NDArray[np.float64] = np.maximum(arm.variance_of_ratio + change / np.maximum(arm.count, 1), 0.0)
    return found


def _difference(treatment: Moments, control: Moments, ratios: _Pair, variances: _Pair) -> Difference:
    n_t, n_c = treatment.count, control.count
    of_units = (n_t - 1) * n_t * variances[0] + (n_c - 1) * n_c * variances[1]
    # Arms without two units have NaN for their variance, which stays NaN here.
    students = of_units / np.maximum(n_t + n_c - 2, 1) * (1 / np.maximum(n_t, 1) + 1 / np.maximum(n_c, 1))
    se = np.sqrt(np.maximum(variances[0] + variances[1], students))
    events = n_t * treatment.means[..., D] + n_c * control.means[..., D]
    return Difference(ratios[0] - ratios[1], se, *ratios, n_t + n_c, events)
