"""The test week of the credit card fraud handbook.

Rules:
- A label is known a week after its transaction: before a test week that starts on day s, training may use labels of
  the days before s - 7 only.
- A card is left out of the test once its fraud is known: cards with a fraud in the week s - 14 to s - 8, and, for day
  d of the test week, also those with a fraud on the days up to s - 8 + d.

Source: Le Borgne, Siblini, Lebichot, Bontempi, Reproducible Machine Learning for Credit Card Fraud Detection, 2022,
chapters 3 and 5, https://fraud-detection-handbook.github.io.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics import auc_roc, average_precision

_DAY_MS = 86_400_000
_WEEK_DAYS = 7
HANDBOOK_WEEK = dt.date(2018, 8, 8)


@dataclass(frozen=True)
class TestWeek:
    """A model's metrics in a test week.

    Args:
        auc_roc: area under the ROC curve.
        average_precision: average precision as scikit-learn defines it.
        rows: scored transactions, without those of known cards.
        frauds: number of frauds among them.
    """

    __test__ = False  # not a test class

    auc_roc: float
    average_precision: float
    rows: int
    frauds: int


def measure_test_week(
    time_ms: NDArray[np.int64],
    customer: NDArray[Any],
    label: NDArray[Any],
    score: NDArray[Any],
    start: dt.date,
) -> TestWeek:
    """Measure scores on the seven days from `start`.

    Args:
        time_ms: event times in epoch milliseconds UTC, (n,), from two weeks before `start` at the latest.
        customer: cards, (n,).
        label: 1 = fraud, (n,).
        score: (n,), read in the test week only.
        start: first day of the test week.
    """
    rows = rows_of_test_week(time_ms, customer, label, start)
    found, scored = label[rows], score[rows]
    return TestWeek(auc_roc(found, scored), average_precision(found, scored), len(rows), int(found.sum()))


def rows_of_test_week(
    time_ms: NDArray[np.int64], customer: NDArray[Any], label: NDArray[Any], start: dt.date
) -> NDArray[np.int64]:
    """Return the positions of the test week's rows, without cards known as compromised on the row's day."""
    day = time_ms // _DAY_MS - (start - dt.date(1970, 1, 1)).days  # 0 = first day of the test
    cards, card = np.unique(customer, return_inverse=True)
    is_source = (label == 1) & (day >= -2 * _WEEK_DAYS) & (day < 0)
    known_from = np.full(len(cards), _WEEK_DAYS)  # test day from which the card is left out
    # Frauds of the training week are known from the first day on; day -8 + d becomes known on test day d.
    np.minimum.at(known_from, card[is_source], np.maximum(day[is_source] + _WEEK_DAYS + 1, 0))
    return np.flatnonzero((day >= 0) & (day < _WEEK_DAYS) & (day < known_from[card]))
