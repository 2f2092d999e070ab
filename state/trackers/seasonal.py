"""Seasonal series: level, trend and season of each key, and their forecast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_NONE = -(2**62)  # no step yet


@dataclass(frozen=True)
class SeasonalSettings:
    """Settings of a seasonal series.

    Args:
        step_ms: milliseconds of a step, >= 1.
        period: steps of a season, >= 2.
        ahead: steps from a row to the time that it forecasts, >= 1.
        level: weight of a new value in the level, in (0, 1).
        trend: weight of a new rise in the trend, in [0, 1).
        season: weight of a new value in its place of the season, in [0, 1).
        scale: weight of a new error in the scale of errors, in (0, 1).
    """

    step_ms: int
    period: int
    ahead: int = 1
    level: float = 0.1
    trend: float = 0.01
    season: float = 0.2
    scale: float = 0.05

    def start(self, sources: int) -> SeasonalSeries:
        """Return a series that has seen nothing.

        Raises:
            ValueError: rows have more than one value.
        """
        if sources != 1:
            msg = f"seasonal series: expected one value a row, got {sources}"
            raise ValueError(msg)
        return SeasonalSeries(self)


@dataclass
class _State:
    first: int = _NONE  # step of the first value
    last: int = _NONE  # step of the last value
    level: float = math.nan  # NaN until a whole season is known
    trend: float = 0.0
    scale: float = math.nan
    error: float = 0.0


class SeasonalSeries:
    """A series by Holt and Winters' additive method, which answers ``(forecast, scale, error)`` of each row.

    The first season is gathered: its mean is the level, and the distance of each place from it the season; until then
    all answers are NaN. From then on, with ``k`` steps since the last value ``y``, ``a, b, c`` the weights of level,
    trend and season, and ``s`` the season at the value's place::

        error = y - (level + k * trend + s)
        level' = level + k * trend + a * error
        trend' = trend + a * b * error / max(k, 1)
        s' = s + c * (1 - a) * error
        forecast = level' + ahead * trend' + season at the place of the time ahead

    The scale is the faded mean of ``|error|``. A row without a value gets an answer, too, and is not learnt.
    Where no float holds the sums, a new first season begins.

    Source: Hyndman and Athanasopoulos, Forecasting: principles and practice, 3rd edition, section 8.3, in the form of
    error correction; ``a * b`` and ``c * (1 - a)`` are its β and γ.

    Args:
        settings: settings of the series.
    """

    def __init__(self, settings: SeasonalSettings) -> None:
        self._settings = settings
        self._begin()

    def _begin(self) -> None:
        self._state = _State()
        self._season = np.zeros(self._settings.period)
        self._counts = np.zeros(self._settings.period, np.int64)

    def follow(self, times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Learn rows, and forecast from each; see ``Tracker``."""
        steps = (times // self._settings.step_ms).tolist()
        found = np.full((len(times), 3), np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            for place, (step, value) in enumerate(zip(steps, values[:, 0].tolist(), strict=True)):
                if math.isfinite(value):
                    self._learn(step, value)
                    if not self._is_sound(step):
                        self._begin()
                if not math.isnan(self._state.level):
                    found[place] = self._forecast(step), self._state.scale, self._state.error
        return found

    def snapshot(self) -> bytes:
        """Return level, trend, season and scale."""
        state = self._state
        steps = np.array([state.first, state.last], "<i8").tobytes()
        numbers = np.array([state.level, state.trend, state.scale, state.error], "<f8").tobytes()
        return pack(VERSION, steps, numbers, self._season.astype("<f8").tobytes(), self._counts.astype("<i8").tobytes())

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot; see ``Tracker``."""
        steps, numbers, season, counts = unpack("seasonal series", VERSION, data)
        if len(season) != 8 * self._settings.period:
            period = self._settings.period
            msg = f"seasonal series: expected the state of {period} steps, got one of {len(season) // 8}"
            raise ValueError(msg)
        self._state = _State(*np.frombuffer(steps, "<i8").tolist(), *np.frombuffer(numbers, "<f8").tolist())
        self._season = np.frombuffer(season, "<f8").astype(np.float64)
        self._counts = np.frombuffer(counts, "<i8").astype(np.int64)

    def _is_sound(self, step: int) -> bool:
        """Return whether a row that was learnt left finite numbers; before the first level that is its season alone."""
        state, season = self._state, float(self._season[step % self._settings.period])
        level = 0.0 if math.isnan(state.level) else state.level
        return math.isfinite(level + state.trend + season)

    def _learn(self, step: int, value: float) -> None:
        state = self._state
        if math.isnan(state.level):
            self._gather(step, value)
            return
        settings, place = self._settings, step % self._settings.period
        since = step - state.last
        expected = state.level + since * state.trend
        error = value - expected - float(self._season[place])
        state.level = expected + settings.level * error
        state.trend += settings.level * settings.trend * error / max(since, 1)
        self._season[place] += settings.season * (1 - settings.level) * error
        size = abs(error)
        state.scale = size if math.isnan(state.scale) else state.scale + settings.scale * (size - state.scale)
        state.last, state.error = max(step, state.last), error

    def _gather(self, step: int, value: float) -> None:
        """Keep a value of the first season; with its last step, separate level and season."""
        state, period = self._state, self._settings.period
        state.first = step if state.first == _NONE else state.first
        self._season[step % period] += value
        self._counts[step % period] += 1
        state.last = max(step, state.last)
        if step - state.first < period - 1:
            return
        is_known = self._counts > 0
        means = self._season[is_known] / self._counts[is_known]
        state.level = float(means.mean())
        self._season[:] = 0.0
        self._season[is_known] = means - state.level

    def _forecast(self, step: int) -> float:
        state, ahead = self._state, self._settings.ahead
        steps = step + ahead - state.last
        place = (step + ahead) % self._settings.period
        return state.level + steps * state.trend + float(self._season[place])
