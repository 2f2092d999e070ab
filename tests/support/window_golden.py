"""Window aggregates by brute force: every row looks at every other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

Function = Callable[[list[float]], float]


@dataclass(frozen=True)
class Asked:
    """An aggregate as a test asks for it, with its filter once for SQL and once for pandas."""

    name: str
    function: str
    key: str
    window_s: int
    source: str | None = None
    delay_s: int = 0
    empty: float | None = None
    filter_sql: str | None = None
    filter_pandas: str | None = None

    def as_feature(self) -> dict[str, object]:
        """The feature spec that asks for it."""
        parameters: dict[str, object] = {
            "function": self.function,
            "key": self.key,
            "window": f"{self.window_s}s",
        }
        if self.delay_s:
            parameters["delay"] = f"{self.delay_s}s"
        if self.empty is not None:
            parameters["empty"] = self.empty
        if self.filter_sql is not None:
            parameters["filter"] = self.filter_sql
        spec: dict[str, object] = {"name": self.name, "type": "aggregation", "parameters": parameters}
        return spec if self.source is None else {**spec, "source": self.source}


def _stddev(values: list[float]) -> float:
    exact = [Fraction(str(value)) for value in values]
    mean = sum(exact) / len(exact)
    return float(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)) ** 0.5


def _sum(values: list[float]) -> float:
    return float(sum(Fraction(str(value)) for value in values))


# Decimals are what their shortest text says, so sums of them are exact before they become a double.
_VALUES: dict[str, tuple[int, Function]] = {
    "sum": (1, _sum),
    "avg": (1, lambda values: float(sum(Fraction(str(value)) for value in values) / len(values))),
    "min": (1, min),
    "max": (1, max),
    "stddev": (2, _stddev),
}


def expected(frame: pd.DataFrame, asked: Asked, *, time: str) -> np.ndarray:
    """The aggregate of every row, NaN where there is none."""
    return np.array([_aggregate(values, frame[time], asked) for values in windows(frame, asked, time=time)])


def windows(frame: pd.DataFrame, asked: Asked, *, time: str) -> Sequence[pd.Series]:
    """For every row the values in its window, filtered and without nulls; their index is that of the frame."""
    moments = frame[time].to_numpy()
    is_counted = np.ones(len(frame), dtype=bool)
    if asked.filter_pandas is not None:
        is_counted &= frame.eval(asked.filter_pandas).fillna(False).to_numpy(dtype=bool)
    if asked.source is not None:
        is_counted &= frame[asked.source].notna().to_numpy()
    keys = frame[asked.key].astype(object).where(frame[asked.key].notna(), None).to_numpy()
    found = []
    for moment, key in zip(moments, keys, strict=True):
        end = moment - 1000 * asked.delay_s
        is_in = (moments > end - 1000 * asked.window_s) & (moments <= end) & (keys == key) & is_counted
        found.append(frame.loc[is_in, asked.source or time])
    return found


def seconds_since_last(frame: pd.DataFrame, *, key: str, time: str, window_s: int) -> np.ndarray:
    """Seconds since the row before of the same key: 0 where others share its instant; NaN at a window or more."""
    moments, keys = frame[time].to_numpy(), frame[key].to_numpy()
    found = np.full(len(frame), np.nan)
    for row, (moment, own) in enumerate(zip(moments, keys, strict=True)):
        others = np.delete(moments, row)[np.delete(keys, row) == own]
        before = others[others <= moment]
        if len(before) and moment - before.max() < 1000 * window_s:
            found[row] = (moment - before.max()) / 1000
    return found


def _aggregate(values: pd.Series, moments: pd.Series, asked: Asked) -> float:
    if asked.function in ("count", "rate"):
        return len(values) / (asked.window_s if asked.function == "rate" else 1)
    if asked.function == "distinct":
        return float(values.nunique())
    least, function = _VALUES.get(asked.function, (1, max))
    if len(values) < least:
        return np.nan if asked.empty is None else asked.empty
    if asked.function == "last":
        own = moments[values.index]
        return float(values[own == own.max()].max())
    return float(function(values.tolist()))
