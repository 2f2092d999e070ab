"""ROC, precision-recall and calibration curves of scores against labels, thinned for plots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.metrics import counts_by_threshold

POINTS = 500
_Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Points of a curve, in the order of falling thresholds, (k,) each."""

    x: Floats
    y: Floats


@dataclass(frozen=True)
class CalibrationCurve:
    """Scores in bins of equal width, without empty bins, (k,) each.

    Attributes:
        score: mean score of a bin.
        share: share of the bin's rows that are positive.
        low: lower end of the 95 % interval of the share.
        high: upper end of this interval.
        rows: number of rows in the bin.
    """

    score: Floats
    share: Floats
    low: Floats
    high: Floats
    rows: NDArray[np.int64]


def roc_curve(labels: NDArray[np.bool_], scores: Floats, *, points: int = POINTS) -> Curve:
    """Return the share of positives found (y) over the share of false alarms (x), from (0, 0) to (1, 1).

    Args:
        labels: labels of both kinds, (n,).
        scores: (n,).
        points: most points of the curve.
    """
    found, taken = counts_by_threshold(labels, scores)
    wrong = taken - found
    return _thinned(wrong / wrong[-1], found / found[-1], points)


def precision_recall_curve(labels: NDArray[np.bool_], scores: Floats, *, points: int = POINTS) -> Curve:
    """Return the share of positives among rows over a threshold (y) over the share of positives found (x).

    Args:
        labels: labels of both kinds, (n,).
        scores: (n,).
        points: most points of the curve.
    """
    found, taken = counts_by_threshold(labels, scores)
    return _thinned(found[1:] / found[-1], found[1:] / taken[1:], points)


def calibrate(labels: NDArray[np.bool_], scores: Floats, *, bins: int = 10) -> CalibrationCurve:
    """Compare mean scores with shares of positives; the interval is Wilson's.

    Source: Wilson, Probable inference, the law of succession, and statistical inference, JASA 22, 1927.

    Args:
        labels: (n,).
        scores: scores from 0 to 1, (n,).
        bins: number of bins of equal width.
    """
    # As in scikit-learn, a score on an edge belongs to the bin below.
    bin_of = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
    rows = np.bincount(bin_of, minlength=bins)
    kept = rows > 0
    n = rows[kept]
    score = np.bincount(bin_of, weights=scores, minlength=bins)[kept] / n
    share = np.bincount(bin_of, weights=labels, minlength=bins)[kept] / n
    z2 = _Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return CalibrationCurve(score, share, centre - half, centre + half, n)


def _thinned(x: Floats, y: Floats, points: int) -> Curve:
    """Return points at even distances along the drawn line, including the first and the last."""
    if len(x) > points:
        way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], points)).clip(0, len(x) - 1))
        kept[-1] = len(x) - 1
        x, y = x[kept], y[kept]
    return Curve(x, y)
