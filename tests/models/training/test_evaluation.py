from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from models.training.evaluation import measure_test_week, rows_of_test_week

START = dt.date(2018, 8, 8)
MIDNIGHT_MS = (START - dt.date(1970, 1, 1)).days * 86_400_000


def at(*days):
    """Noon of days counted from the first of the test."""
    return MIDNIGHT_MS + np.array(days) * 86_400_000 + 43_200_000


def test_week_is_seven_days():
    days = np.arange(-3, 10)
    rows = rows_of_test_week(at(*days), np.arange(13), np.zeros(13), START)
    assert days[rows].tolist() == list(range(7))


@pytest.mark.parametrize(
    ("fraud_day", "left"),
    [
        (-15, [0, 1, 2, 3, 4, 5, 6]),  # before the training week
        (-14, []),
        (-8, []),
        (-7, [0]),  # known a week later, from the second day on
        (-4, [0, 1, 2, 3]),
        (-2, [0, 1, 2, 3, 4, 5]),
        (-1, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_card_is_left_out_once_its_fraud_is_known(fraud_day, left):
    days = np.array([fraud_day, *range(7)])
    label = np.array([1] + [0] * 7)
    rows = rows_of_test_week(at(*days), np.full(8, 42), label, START)
    assert days[rows].tolist() == left


def test_fraud_of_another_card_leaves_a_card_in():
    rows = rows_of_test_week(at(-10, 3), np.array([1, 2]), np.array([1, 0]), START)
    assert rows.tolist() == [1]


def test_measures_the_rows_left():
    days, card, label = [-10, 0, 1, 2, 3], [9, 9, 1, 2, 3], [1, 1, 0, 1, 0]
    score = np.array([np.nan, np.nan, 0.2, 0.9, 0.4])
    week = measure_test_week(at(*days), np.array(card), np.array(label), score, START)
    assert (week.auc_roc, week.average_precision, week.rows, week.frauds) == (1.0, 1.0, 3, 1)
