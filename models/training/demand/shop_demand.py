"""Hourly demand of shops, drawn by a law that is written here.

python -m models.training.demand.shop_demand --seed 1 --output demand.jsonl

The law. A shop has a usual demand, drawn once from 40 to 160, which grows or shrinks by up to 0.1 % a day. It is
multiplied by a profile of the hour with two peaks, by one of the weekday, by 1.4 on the days of a promotion, by 1.015
for each degree over 15 °C, and by a noise that remembers 80 % of the hour before (6 %), and one that does not (4 %). A
shop has a promotion on one day in eight, drawn for each day. The temperature is that of the town: it goes with the
hour, and from day to day it remembers 70 %; a forecast of it is off by 1 °C, as is usual for a day ahead.

A row is an hour of a shop as it ends. It tells what is known then of the hour a day later, which the forecast is for.
``naive`` is the demand a week before that hour, the seasonal naive forecast; ``demand_ahead`` is that of the hour.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.training.event_file import write_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

AHEAD, WEEK = 24, 168
_START_MS = 1_772_409_600_000  # Monday 2026-03-02
_HOUR_MS = 3_600_000
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 8, 12, 13, 13, 14, 16, 15, 13, 12, 13, 16, 18, 17, 13, 9, 6, 3]) / 10.0
_WEEKDAYS = np.array([0.9, 0.9, 0.95, 1.0, 1.15, 1.3, 0.8])
_PROMOTION, _PROMOTION_DAYS, _DEGREE = 1.4, 1 / 8, 1.015


@dataclass(frozen=True)
class DemandSettings:
    """Size and seed of the demand.

    Args:
        shops: number of shops.
        days: days of each, the last one only as the time ahead.
        seed: seed of all draws.
    """

    shops: int = 8
    days: int = 42
    seed: int = 1


@dataclass(frozen=True)
class ShopDemand:
    """Hours of shops, ``(hours, shops)`` except for the temperatures, ``(hours,)``."""

    demand: NDArray[np.float64]
    promotion: NDArray[np.int64]
    temperature: NDArray[np.float64]
    forecast_temperature: NDArray[np.float64]


def draw_demand(settings: DemandSettings) -> ShopDemand:
    """Draw demand by the law."""
    rng = np.random.default_rng(settings.seed)
    hours = np.arange(settings.days * 24)
    temperature = _temperatures(rng, settings.days)
    usual = rng.uniform(40, 160, settings.shops) * (1 + np.outer(hours / 24, rng.uniform(-1e-3, 1e-3, settings.shops)))
    promotion = (rng.random((settings.days, settings.shops)) < _PROMOTION_DAYS).repeat(24, axis=0).astype(np.int64)
    noise = np.zeros((len(hours), settings.shops))
    shocks = rng.normal(0, 0.06 * np.sqrt(1 - 0.8**2), noise.shape)
    for hour in hours[1:]:
        noise[hour] = 0.8 * noise[hour - 1] + shocks[hour]
    noise += rng.normal(0, 0.04, noise.shape)
    calendar = _HOURS[hours % 24] * _WEEKDAYS[hours // 24 % 7] * _DEGREE ** (temperature - 15)
    demand = usual * calendar[:, None] * _PROMOTION**promotion * np.exp(noise)
    forecast = np.round(temperature + rng.normal(0, 1, len(hours)), 1)
    return ShopDemand(np.round(demand, 1), promotion, np.round(temperature, 1), forecast)


def as_rows(drawn: ShopDemand) -> Iterator[dict[str, object]]:
    """Yield the hours that have one a day later as events, in the order of time."""
    hours, shops = drawn.demand.shape
    for hour in range(hours - AHEAD):
        then = hour + AHEAD
        for shop in range(shops):
            row: dict[str, object] = {
                "row": hour * shops + shop,
                # Shops close their hours some seconds one after the other, so that rows have an order.
                "time": _START_MS + hour * _HOUR_MS + shop * 1_000,
                "time_ahead": _START_MS + then * _HOUR_MS,
                "shop": f"s{shop:02}",
                "demand": float(drawn.demand[hour, shop]),
                "promotion": int(drawn.promotion[hour, shop]),
                "promotion_ahead": int(drawn.promotion[then, shop]),
                "temperature": float(drawn.temperature[hour]),
                "temperature_ahead": float(drawn.forecast_temperature[then]),
                "demand_ahead": float(drawn.demand[then, shop]),
            }
            if then >= WEEK:
                row["naive"] = float(drawn.demand[then - WEEK, shop])
            yield row


def _temperatures(rng: np.random.Generator, days: int) -> NDArray[np.float64]:
    own = np.zeros(days)
    shocks = rng.normal(0, 4 * np.sqrt(1 - 0.7**2), days)
    for day in range(1, days):
        own[day] = 0.7 * own[day - 1] + shocks[day]
    of_hour = 5 * np.sin(2 * np.pi * (np.arange(24) - 9) / 24)
    return np.asarray((15 + own[:, None] + of_hour).reshape(-1))


def main(arguments: Sequence[str] | None = None) -> None:
    """Write demand as JSON Lines."""
    parser = argparse.ArgumentParser(prog="python -m models.training.demand.shop_demand", description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--shops", type=int, default=8)
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rows = as_rows(draw_demand(DemandSettings(options.shops, options.days, options.seed)))
    write_events(rows, options.output)


if __name__ == "__main__":
    main()
