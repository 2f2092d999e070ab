"""Hours that alerts leave before a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WARNING_H = 72
"""An alert longer before the failure is a false one."""


@dataclass(frozen=True)
class EarlyWarning:
    """Failures that alerts announce, and how early.

    Attributes:
        failures: parts that fail.
        warned: those with an alert in their last 72 hours.
        median_h: median over all parts of the hours from the first such alert to the failure; 0 for a part without.
        false_share: share of the alerts that come more than 72 hours before a failure; NaN without alerts.
    """

    failures: int
    warned: int
    median_h: float
    false_share: float


def early_warning(part: NDArray[Any], hours_left: NDArray[Any], is_alert: NDArray[np.bool_]) -> EarlyWarning:
    """Measure alerts on rows of parts that all fail.

    Args:
        part: (n,).
        hours_left: true remaining life, (n,).
        is_alert: (n,).

    Example:
        >>> part, left = np.array(["a", "a", "a", "b"]), np.array([100, 5, 0, 0])
        >>> early_warning(part, left, np.array([True, True, False, False]))
        EarlyWarning(failures=2, warned=1, median_h=2.5, false_share=0.5)
    """
    names, place = np.unique(part, return_inverse=True)
    is_due = is_alert & (hours_left <= _WARNING_H)
    first = np.full(len(names), -1.0)
    np.maximum.at(first, place[is_due], hours_left[is_due])
    alerts = int(is_alert.sum())
    return EarlyWarning(
        failures=len(names),
        warned=int((first >= 0).sum()),
        median_h=float(np.median(np.maximum(first, 0))),
        false_share=1 - int(is_due.sum()) / alerts if alerts else float("nan"),
    )
