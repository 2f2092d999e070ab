"""Card payments with the fields of the integration document's fraud example, drawn by a law that is written here.

The law. A payment is fraud with a chance of 3 %.

- Others are in a category by its share, at an amount around what is usual there (log-normal, spread 0.6), by day and
  evening as shops are open, in the country of the payer, one in twelve in any other.
- Of frauds, 60 % buy what can be sold again: travel, electronics, jewelry, at three times the usual amount, anywhere,
  but 35 % of them in NG or RU. 40 % try out stolen numbers: 2 to 6 in gaming, anywhere. Seven in ten frauds of both
  kinds are at night.

Which countries these are is taken over from the example's rule, and says nothing of the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CATEGORIES = ("groceries", "restaurants", "fuel", "gaming", "travel", "electronics", "jewelry")
COUNTRIES = ("US", "GB", "DE", "FR", "BR", "IN", "NG", "RU")
_SHARES = np.array([0.34, 0.24, 0.16, 0.08, 0.06, 0.09, 0.03])
_USUAL = np.array([45.0, 32.0, 55.0, 18.0, 520.0, 380.0, 900.0])
_HOMES = np.array([0.3, 0.16, 0.16, 0.12, 0.1, 0.1, 0.03, 0.03])
_SPREAD, _ABROAD = 0.6, 1 / 12
_HOURS = np.array([1, 1, 0, 0, 0, 1, 3, 6, 8, 8, 9, 11, 13, 12, 10, 10, 11, 13, 14, 12, 9, 6, 3, 2]) / 163
_NIGHT = np.array([22, 23, 0, 1, 2, 3, 4, 5])
_FRAUD, _RESALE, _AT_NIGHT, _NAMED = 0.03, 0.6, 0.7, 0.35
_START_MS, _HOUR_MS = 1_772_409_600_000, 3_600_000  # Monday 2026-03-02


@dataclass(frozen=True)
class PaymentSettings:
    """Size and seed of the payments.

    Args:
        payments: number of payments.
        days: days that they lie in.
        users: number of payers.
        seed: seed of all draws.
    """

    payments: int = 8_000
    days: int = 14
    users: int = 800
    seed: int = 1


@dataclass(frozen=True)
class CardPayments:
    """Payments in the order of time, a value of each column for each, ``(n,)``; categories and countries by place."""

    time_ms: NDArray[np.int64]
    user: NDArray[np.int64]
    amount: NDArray[np.float64]
    category: NDArray[np.int64]
    country: NDArray[np.int64]
    is_fraud: NDArray[np.bool_]


def draw_payments(settings: PaymentSettings) -> CardPayments:
    """Draw payments by the law."""
    rng = np.random.default_rng(settings.seed)
    n = settings.payments
    home = rng.choice(len(COUNTRIES), settings.users, p=_HOMES)
    user = rng.integers(settings.users, size=n)
    is_fraud = rng.random(n) < _FRAUD
    is_resale = is_fraud & (rng.random(n) < _RESALE)
    is_test = is_fraud & ~is_resale
    category: NDArray[np.int64] = np.select(
        [is_resale, is_test],
        [rng.choice([4, 5, 6], n), np.full(n, CATEGORIES.index("gaming"))],
        rng.choice(len(CATEGORIES), n, p=_SHARES),
    )
    amount = _USUAL[category] * np.where(is_resale, 3.0, 1.0) * np.exp(rng.normal(0, _SPREAD, n))
    amount = np.round(np.where(is_test, rng.uniform(2, 6, n), amount), 2)
    anywhere = rng.integers(len(COUNTRIES), size=n)
    country = np.where(is_fraud | (rng.random(n) < _ABROAD), anywhere, home[user])
    country = np.where(is_resale & (rng.random(n) < _NAMED), rng.choice([6, 7], n), country)
    time_ms = _times(rng, settings, is_fraud & (rng.random(n) < _AT_NIGHT))
    order = np.argsort(time_ms, kind="stable")
    where = category[order].astype(np.int64), country[order]
    return CardPayments(time_ms[order], user[order], amount[order], *where, is_fraud[order])


def as_rows(drawn: CardPayments) -> Iterator[dict[str, object]]:
    """Yield payments as events of the job; ``rule`` is the baseline."""
    rule = example_rule(drawn)
    for number in range(len(drawn.time_ms)):
        yield {
            "transaction_id": f"tx-{number:06}",
            "time": int(drawn.time_ms[number]),
            "user_id": f"user-{drawn.user[number]:03}",
            "amount": float(drawn.amount[number]),
            "merchant_category": CATEGORIES[drawn.category[number]],
            "country": COUNTRIES[drawn.country[number]],
            "is_fraud": int(drawn.is_fraud[number]),
            "rule": float(rule[number]),
        }


def example_rule(drawn: CardPayments) -> NDArray[np.float64]:
    """Return the scores that the example of the integration document gives instead of a model, 0 to 0.9, ``(n,)``.

    0.3 for an amount over 8,000, 0.4 for the countries NG and RU, 0.2 for jewelry and electronics.
    """
    category, country = (
        np.isin(places, [names.index(name) for name in chosen])
        for places, names, chosen in (
            (drawn.category, CATEGORIES, ("jewelry", "electronics")),
            (drawn.country, COUNTRIES, ("NG", "RU")),
        )
    )
    score: NDArray[np.float64] = np.round(0.3 * (drawn.amount > 8_000) + 0.4 * country + 0.2 * category, 1)
    return score


def _times(rng: np.random.Generator, settings: PaymentSettings, is_night: NDArray[np.bool_]) -> NDArray[np.int64]:
    n = settings.payments
    hour = np.where(is_night, rng.choice(_NIGHT, n), rng.choice(24, n, p=_HOURS))
    hours = rng.integers(settings.days, size=n) * 24 + hour
    times: NDArray[np.int64] = _START_MS + hours * _HOUR_MS + rng.integers(_HOUR_MS, size=n)
    return times
