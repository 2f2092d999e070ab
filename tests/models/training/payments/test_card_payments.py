from __future__ import annotations

import numpy as np
import pytest

from models.training.payments.card_payments import (
    CATEGORIES,
    COUNTRIES,
    CardPayments,
    PaymentSettings,
    as_rows,
    draw_payments,
    example_rule,
)

PAYMENTS = 40_000


@pytest.fixture(scope="module")
def drawn() -> CardPayments:
    return draw_payments(PaymentSettings(PAYMENTS, seed=5))


def _share(rows: np.ndarray) -> float:
    return float(rows.mean())


def _hours(drawn: CardPayments) -> np.ndarray:
    return drawn.time_ms // 3_600_000 % 24


def test_three_in_a_hundred_are_fraud_of_two_kinds(drawn: CardPayments) -> None:
    assert _share(drawn.is_fraud) == pytest.approx(0.03, abs=0.003)
    category = drawn.category[drawn.is_fraud]
    assert _share(category == CATEGORIES.index("gaming")) == pytest.approx(0.4, abs=0.05)
    assert set(category) == {CATEGORIES.index(name) for name in ("gaming", "travel", "electronics", "jewelry")}


def test_stolen_numbers_are_tried_out_with_small_amounts(drawn: CardPayments) -> None:
    amounts = drawn.amount[drawn.is_fraud & (drawn.category == CATEGORIES.index("gaming"))]
    assert 2 <= amounts.min() < amounts.max() <= 6


def test_frauds_come_at_night_and_others_seldom(drawn: CardPayments) -> None:
    is_night = (_hours(drawn) >= 22) | (_hours(drawn) < 6)
    # Three in ten frauds keep the hours of shops, of which one in eighteen is at night.
    assert _share(is_night[drawn.is_fraud]) == pytest.approx(0.7 + 0.3 * 9 / 163, abs=0.04)
    assert _share(is_night[~drawn.is_fraud]) == pytest.approx(9 / 163, abs=0.01)


def test_amounts_of_a_category_are_log_normal_around_its_usual_one(drawn: CardPayments) -> None:
    logs = np.log(drawn.amount[~drawn.is_fraud & (drawn.category == CATEGORIES.index("fuel"))])
    assert np.exp(np.median(logs)) == pytest.approx(55, rel=0.05)
    assert logs.std() == pytest.approx(0.6, rel=0.05)


def test_one_payment_in_twelve_is_in_any_country(drawn: CardPayments) -> None:
    others = drawn.country[~drawn.is_fraud]
    user = drawn.user[~drawn.is_fraud]
    home = np.array([np.bincount(others[user == each], minlength=len(COUNTRIES)).argmax() for each in range(800)])
    # One in eight of those abroad is at home again.
    assert _share(others != home[user]) == pytest.approx(1 / 12 * 7 / 8, abs=0.01)


@pytest.mark.parametrize(
    ("amount", "category", "country", "score"),
    [
        (8_000.0, "groceries", "US", 0.0),
        (8_000.01, "groceries", "US", 0.3),
        (50.0, "jewelry", "US", 0.2),
        (50.0, "electronics", "RU", 0.6),
        (9_500.0, "jewelry", "NG", 0.9),
    ],
    ids=["nothing", "amount", "category", "category and country", "the document's second payment"],
)
def test_rule_adds_up_what_the_example_does(amount: float, category: str, country: str, score: float) -> None:
    places = CATEGORIES.index(category), COUNTRIES.index(country)
    one = [np.array([value]) for value in (0, 0, amount, *places, False)]
    assert example_rule(CardPayments(*one)).tolist() == [score]


def test_events_come_in_the_order_of_time_and_the_seed_alone_changes_them() -> None:
    rows = list(as_rows(draw_payments(PaymentSettings(200, seed=5))))
    assert rows == list(as_rows(draw_payments(PaymentSettings(200, seed=5))))
    assert rows != list(as_rows(draw_payments(PaymentSettings(200, seed=6))))
    times = [row["time"] for row in rows]
    assert times == sorted(times)
    assert len({row["transaction_id"] for row in rows}) == 200
