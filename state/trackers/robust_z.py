"""Robust z-scores: how far a value is from the median of those before it, in units of their usual distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_AT_ONCE = 2_048  # rows: each is compared with a whole history
_OF_MEDIAN = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
_OF_MEAN = 1.253314  # in its mean absolute deviation


@dataclass(frozen=True)
class RobustZSettings:
    """Settings of robust z-scores.

    Args:
        history: values that a new one is compared with, >= 2.
        least: values before the first score, 2..history.
        limit: largest score; -limit is the least.
    """

    history: int = 64
    least: int = 16
    limit: float = 20.0

    def start(self, sources: int) -> RobustZ:
        """Return scores that have seen nothing."""
        return RobustZ(self, sources)


class RobustZ:
    """Scores ``(x - median) / s`` of each value against those before it.

    ``s`` is 1.4826 times the median absolute deviation from the median; where that is 0, 1.253314 times the mean one.
    Where all values are equal, a value that is equal, too, scores 0, and any other the limit. Until there are ``least``
    values the score is NaN. A value that is missing scores NaN and is not kept.

    Source: Iglewicz and Hoaglin, How to detect and handle outliers, ASQC 1993.

    Args:
        settings: settings of the scores.
        sources: values in a row; each is scored by itself.
    """

    def __init__(self, settings: RobustZSettings, sources: int) -> None:
        self._settings = settings
        self._history = [np.empty(0) for _ in range(sources)]

    def follow(self, times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score rows; see ``Tracker``."""
        del times
        found = np.full(values.shape, np.nan)
        for source, column in enumerate(values.T):
            there = np.flatnonzero(np.isfinite(column))
            for begin in range(0, len(there), _AT_ONCE):
                places = there[begin : begin + _AT_ONCE]
                found[places, source] = self._step(source, column[places])
        return found

    def snapshot(self) -> bytes:
        """Return the histories."""
        return pack(VERSION, *(each.astype("<f8").tobytes() for each in self._history))

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot; see ``Tracker``."""
        sections = unpack("robust z-scores", VERSION, data)
        if len(sections) != len(self._history):
            msg = f"robust z-scores: expected the state of {len(self._history)} values, got one of {len(sections)}"
            raise ValueError(msg)
        histories = (np.frombuffer(section, "<f8").astype(np.float64) for section in sections)
        self._history = [history[-self._settings.history :] for history in histories]

    def _step(self, source: int, column: NDArray[np.float64]) -> NDArray[np.float64]:
        size = self._settings.history
        known = np.concatenate([self._history[source], column])
        before = np.concatenate([np.full(size - len(self._history[source]), np.nan), known[:-1]])
        views = np.lib.stride_tricks.sliding_window_view(before, size)  # (n, history)
        self._history[source] = known[-size:]
        return self._scores(column, views)

    def _scores(self, column: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
        limit, least = self._settings.limit, self._settings.least
        counts = np.isfinite(before).sum(axis=1)
        middle = _medians(before, counts)
        distances = np.abs(before - middle[:, None])
        spread = _OF_MEDIAN * _medians(distances, counts)
        mean = np.nansum(distances, axis=1) / np.maximum(counts, 1)
        spread = np.where(spread > 0, spread, _OF_MEAN * mean)
        away = column - middle
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scores = np.where(away == 0, 0.0, away / spread)
        return np.where(counts >= least, np.clip(scores, -limit, limit), np.nan)


def _medians(rows: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the median of each row's numbers, NaN where it has none; NaN sorts after all numbers."""
    ordered = np.sort(rows, axis=1)
    last = np.maximum(counts - 1, 0)
    low, high = (np.take_along_axis(ordered, place[:, None], 1)[:, 0] for place in (last // 2, (last + 1) // 2))
    return (low + high) / 2
