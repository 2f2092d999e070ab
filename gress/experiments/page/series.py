"""Numbers of the looks at a treatment, as arrays over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gress.experiments.reading.records import Record
from state.experiments.confidence import TwoSided

MOST_LOOKS = 1_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MetricSeries:
    """A metric at each look, (n,); numbers that were not known are NaN, ends of open intervals infinite.

    Attributes:
        name: of the metric.
        role: ``goal``, ``guardrail`` or ``signal``.
        better: ``higher`` or ``lower``.
        margin: loss that is put up with, in the metric's unit.
        alpha: chance that any interval leaves the truth out.
        times: times of the looks as texts.
        difference: treatment less control.
        lower: lower end of the interval of the look.
        upper: upper end of the interval of the look.
        least: highest lower end of all intervals so far.
        most: lowest upper end of all intervals so far.
        clock: number of events that the difference rests on.
        ends_at: clock at which the test ends, whose looks alone have intervals; None: it never does.
    """

    name: str
    role: str
    better: str
    margin: float
    alpha: float
    times: list[str]
    difference: Floats
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats
    clock: Floats
    ends_at: float | None = None

    @property
    def margin_at(self) -> float:
        """The difference at which the loss is as large as the margin."""
        return -self.margin if self.better == "higher" else self.margin


def metric_series(records: Sequence[Record], name: str) -> MetricSeries:
    """Return a metric's numbers at the looks of one treatment."""
    rule = records[-1]["rules"]["metrics"][name]
    difference, se, clock, gain_lower, gain_upper = (
        numbers_of(records, f"{name}.{number}") for number in ("difference", "se", "clock", "gain_lower", "gain_upper")
    )
    is_up = rule["better"] == "higher"
    least, most = (gain_lower, gain_upper) if is_up else (-gain_upper, -gain_lower)
    lower, upper, ends_at = least, most, rule.get("max_units")
    if ends_at is None:
        half = TwoSided(rule["alpha"], rule["planned"]).half_width(se, clock)
        lower, upper = difference - half, difference + half
    return MetricSeries(
        name,
        rule["role"],
        rule["better"],
        rule["margin"],
        rule["alpha"],
        times_of(records),
        difference,
        lower,
        upper,
        least,
        most,
        clock,
        ends_at,
    )


def numbers_of(records: Sequence[Record], name: str) -> Floats:
    """Return a number of each record, NaN where it was not known."""
    found = (record["numbers"].get(name) for record in records)
    return np.array([np.nan if each is None else each for each in found], np.float64)


def times_of(records: Sequence[Record]) -> list[str]:
    """Return the times of looks as texts."""
    times = np.array([record["looked_at"] for record in records], "datetime64[ms]")
    return [text.replace("T", " ") for text in np.datetime_as_string(times, unit="s").tolist()]


def thinned(records: Sequence[Record], most: int = MOST_LOOKS) -> list[Record]:
    """Return at most so many records at even distances, the last one included."""
    step = -(-len(records) // most)
    return list(records[::-1][::step])[::-1]
