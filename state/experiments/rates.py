"""Standard error of a share of which nothing, or everything, was seen so far."""

from __future__ import annotations

import math


def least_se(share: float, units: float) -> float:
    """Return the standard error of a share with one unit more on either side.

    Without an event that counts, the variance is 0, and a guardrail would never be known to be safe.

    Source: Agresti, Coull, Approximate is better than "exact" for interval estimation of binomial proportions, 1998.

    Args:
        share: mean so far; one above 1 is a sum of a unit's events, whose variance is not 0.
        units: number of units, >= 0.

    Example:
        >>> round(least_se(0.0, 98), 6)
        0.00995
    """
    found = (share * units + 1) / (units + 2)
    return math.sqrt(max(found * (1 - found), 0.0) / (units + 2))
