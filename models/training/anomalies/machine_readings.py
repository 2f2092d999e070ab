"""Readings of machines with some odd ones among them, drawn by a law that is written here.

python -m models.training.anomalies.machine_readings --seed 1 --output readings.jsonl

The law. A machine has a level and a spread of each of four readings, drawn once. Its load goes up and down with the
hour of the day, and with a part that remembers 90 % of what it was ten minutes before. A reading is its level, plus its
spread times how much it follows the load, plus noise of its own. One row in fifty is odd, in one of three ways of equal
chance: one reading is 4 to 8 spreads away (``spike``), the readings stop following the load together, two of them going
the other way by 1.5 to 3 spreads (``mismatch``), or all lie 2 to 4 spreads out, each to a side of its own (``shift``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.event_file import write_events

READINGS = ("temperature", "vibration", "pressure", "current")
_LEVEL = np.array([60.0, 4.0, 8.0, 30.0])  # °C, mm/s, bar, A
_SPREAD = np.array([6.0, 0.6, 0.8, 5.0])
_FOLLOWS = np.array([0.9, 0.7, -0.8, 1.0])  # of a spread, for a load of 1
_NOISE = 0.25  # of a spread
_STEP_MS = 600_000
_START_MS = 1_772_323_200_000  # 2026-03-01
_MEMORY = 0.9
_ODD = 0.02


@dataclass(frozen=True)
class ReadingsSettings:
    """Size and seed of the readings.

    Args:
        machines: number of machines.
        steps: readings of each, ten minutes apart.
        seed: seed of all draws.
    """

    machines: int = 20
    steps: int = 432
    seed: int = 1


@dataclass(frozen=True)
class MachineReadings:
    """Rows in the order of time.

    Attributes:
        machine: number of the machine, (n,).
        time_ms: event times, (n,).
        values: readings, (n, 4).
        odd: "" or the way in which the row is odd, (n,).
    """

    machine: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    odd: NDArray[np.str_]


def draw_readings(settings: ReadingsSettings) -> MachineReadings:
    """Draw readings by the law."""
    rng = np.random.default_rng(settings.seed)
    shape = (settings.steps, settings.machines)
    level = _LEVEL * rng.uniform(0.7, 1.3, (settings.machines, 4))
    spread = _SPREAD * rng.uniform(0.6, 1.4, (settings.machines, 4))
    away = _loads(rng, shape)[:, :, None] * _FOLLOWS + rng.normal(0, _NOISE, (*shape, 4))
    kinds = rng.choice(["", "spike", "mismatch", "shift"], shape, p=[1 - _ODD, *[_ODD / 3] * 3])
    for step, machine in np.argwhere(kinds != ""):
        away[step, machine] = _ODDITIES[kinds[step, machine]](rng, away[step, machine])
    values = np.round(level + spread * away, 3).reshape(-1, 4)
    step, machine = (each.reshape(-1) for each in np.indices(shape))
    # Machines read some seconds one after the other, so that rows have an order.
    return MachineReadings(machine, _START_MS + step * _STEP_MS + machine * 1_000, values, kinds.reshape(-1))


def as_rows(readings: MachineReadings) -> Iterator[dict[str, object]]:
    """Yield the rows as events."""
    for number, (machine, time_ms) in enumerate(zip(readings.machine, readings.time_ms, strict=True)):
        values = dict(zip(READINGS, readings.values[number].tolist(), strict=True))
        is_odd = int(readings.odd[number] != "")
        where = {"plant": "north", "machine": f"m{machine:02}"}
        yield {"reading": number, "time": int(time_ms), **where, **values, "is_odd": is_odd}


def _loads(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the load of each machine at each step: with the hour, and with a memory."""
    steps, machines = shape
    day = np.sin(2 * np.pi * (np.arange(steps)[:, None] * _STEP_MS / 86_400_000 + rng.random(machines)))
    own = np.zeros(shape)
    shocks = rng.normal(0, np.sqrt(1 - _MEMORY**2), shape)
    for step in range(1, steps):
        own[step] = _MEMORY * own[step - 1] + shocks[step]
    loads: NDArray[np.float64] = 0.8 * day + 0.6 * own
    return loads


def _spike(rng: np.random.Generator, away: NDArray[np.float64]) -> NDArray[np.float64]:
    found = away.copy()
    found[rng.integers(4)] += rng.choice([-1, 1]) * rng.uniform(4, 8)
    return found


def _mismatch(rng: np.random.Generator, away: NDArray[np.float64]) -> NDArray[np.float64]:
    found = away.copy()
    both = rng.choice(4, 2, replace=False)
    found[both] -= np.sign(found[both]) * (np.abs(found[both]) + rng.uniform(1.5, 3, 2))
    return found


def _shift(rng: np.random.Generator, away: NDArray[np.float64]) -> NDArray[np.float64]:
    return away + rng.choice([-1, 1], 4) * rng.uniform(2, 4, 4)


_ODDITIES = {"spike": _spike, "mismatch": _mismatch, "shift": _shift}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write readings as JSON Lines."""
    parser = argparse.ArgumentParser(prog="python -m models.training.anomalies.machine_readings", description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--machines", type=int, default=20)
    parser.add_argument("--steps", type=int, default=432)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rows = as_rows(draw_readings(ReadingsSettings(options.machines, options.steps, options.seed)))
    write_events(rows, options.output)


if __name__ == "__main__":
    main()
