"""Generator of hourly readings of parts that wear until they fail: the data of the predictive-maintenance job.

The law, for a part of a life of L hours at its hour t, with wear ``w = t / L``:

- ``L = 72 + 200 W``, W from a Weibull distribution of shape 3;
- ``load = 0.5 + 0.3 sin(2 pi t / 24) + a``, a an autoregression ``a' = 0.9 a + N(0, 0.05)``;
- ``vibration = v (1 + 0.5 load) + 1.2 exp(8 (w - 1)) + N(0, 0.35)``, in mm/s;
- ``temperature = c + 12 load + 5 w^6 + N(0, 1.5)``, in °C;
- ``pressure = p - 0.6 w^4 + N(0, 0.25)``, in bar;
- ``current = 10 + 3 load + N(0, 0.3)``, in ampere, which says nothing of the wear.

Each part has levels of its own: v from 2 to 5, c from 50 to 70, p from 6 to 9, all uniform. They differ by more than
the wear adds, so that a reading says little without the part's earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

HORIZON_H = 24
SENSORS = ("vibration", "temperature", "pressure", "current")
_START_MS, _HOUR_MS = 1_767_225_600_000, 3_600_000  # 2026-01-01
_STARTS_WITHIN_H = 240


def make_readings(parts: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the readings of all parts in the order of time, each with what only the future knows.

    ``hours_left`` is the part's remaining life; ``fails`` is 1 where it is at most a day.
    """
    random = np.random.default_rng(seed)
    rows = [row for part in range(parts) for row in _readings(f"P{seed}-{part:03}", random)]
    rows.sort(key=lambda row: (row["time"], row["part"]))
    for number, row in enumerate(rows):
        yield {"reading": number, **row}


def _readings(part: str, random: np.random.Generator) -> Iterator[dict[str, Any]]:
    life = round(72 + 200 * random.weibull(3))
    start = random.integers(_STARTS_WITHIN_H)
    values = _sensors(life, random)
    for hour in range(life):
        left = life - 1 - hour
        yield {
            "time": int(_START_MS + (start + hour) * _HOUR_MS),
            "part": part,
            **{name: round(float(values[name][hour]), 2) for name in SENSORS},
            "hours_left": left,
            "fails": int(left <= HORIZON_H),
        }


def _sensors(life: int, random: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Return the readings of one part, ``(life,)`` each."""
    hours = np.arange(life)
    wear = hours / life
    drift = np.zeros(life)
    for hour in range(1, life):
        drift[hour] = 0.9 * drift[hour - 1] + random.normal(0, 0.05)
    load = 0.5 + 0.3 * np.sin(2 * np.pi * hours / 24) + drift
    vibration, temperature, pressure = (random.uniform(*ends) for ends in ((2, 5), (50, 70), (6, 9)))
    return {
        "vibration": vibration * (1 + 0.5 * load) + 1.2 * np.exp(8 * (wear - 1)) + random.normal(0, 0.35, life),
        "temperature": temperature + 12 * load + 5 * wear**6 + random.normal(0, 1.5, life),
        "pressure": pressure - 0.6 * wear**4 + random.normal(0, 0.25, life),
        "current": 10 + 3 * load + random.normal(0, 0.3, life),
    }
