"""Clock and calendar parts of an instant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.local_time import LocalTime
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import output_of, resolve_time
from udfs.features.time_zone import Offsets, utc_offsets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix

FIELDS = (
    "hour", "day_of_week", "day_of_month", "month", "year", "is_weekend", "is_night", "unix_timestamp",
)  # fmt: skip
# Number of values in a part's cycle, and the first of them.
ROUNDS = {"hour": (24, 0), "day_of_week": (7, 0), "day_of_month": (31, 1), "month": (12, 1)}


@dataclass(frozen=True)
class Temporal(Feature):
    """Parts of the event time as a clock in an explicit time zone shows them.

    ``is_night`` means an hour in ``[night_start, night_end)``, which may cross midnight. ``unix_timestamp`` is in
    seconds; float32 rounds it to a multiple of 128.
    """

    type: ClassVar[str] = "temporal"
    null_rule: ClassVar[str] = "null -> NaN (the event time is never null)"
    reads_time: ClassVar[bool] = True
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "fields",
            "Parts of the time: hour, day_of_week (Monday = 0), day_of_month, month, year, is_weekend, is_night, "
            "unix_timestamp.",
            "all",
        ),
        Parameter("cyclic", "Whether parts that start over become a sine and a cosine.", "false"),
        Parameter("timezone", "Name of the time zone whose clock is read.", "UTC"),
        Parameter("night_start", "Hour in which the night begins, 0 to 23.", "22"),
        Parameter("night_end", "Hour before which it ends, 0 to 24.", "6"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "parameters": {"fields": ["hour", "is_weekend"], "timezone": "Europe/Paris"}
    }

    parts: tuple[str, ...]
    cyclic: bool
    timezone: str
    night_start: int
    night_end: int

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Temporal:
        """Accept `fields` (all), `cyclic` (false), `timezone` (UTC), `night_start` (22), `night_end` (6)."""
        parameters = Parameters(spec, cls.accepts)
        parts = _checked_parts(parameters)
        cyclic = parameters.flag("cyclic", default=False)
        night_start = parameters.integer("night_start", 22, low=0, high=23)
        night_end = parameters.integer("night_end", 6, low=0, high=24)
        if night_start == night_end:
            parameters.refuse("night_end other than night_start", night_end, "the night would have no hours")
        suffixes = [suffix for part in parts for suffix in _suffixes(part, cyclic=cyclic)]
        stem = output_of(spec)
        names = tuple(f"{stem}_{suffix}" for suffix in suffixes) if len(suffixes) > 1 else (stem,)
        zone = _checked_zone(parameters)
        return cls(names, (resolve_time(spec, fields),), parts, cyclic, zone, night_start, night_end)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Read clock and calendar."""
        instants = columns[self.inputs[0]]
        absent = np.isnan(instants) if instants.dtype.kind == "f" else None
        millis = instants if absent is None else np.where(absent, 0, instants)
        clock = LocalTime(millis.astype(np.int64, copy=False), self._offsets)
        position = 0
        for part in self.parts:
            values = self._values(part, clock)
            if self.cyclic and part in ROUNDS:
                period, first = ROUNDS[part]
                angles = np.subtract(values, first, dtype=np.float64) * (2.0 * np.pi / period)
                np.sin(angles, out=out[:, position])
                np.cos(angles, out=out[:, position + 1])
                position += 2
            else:
                out[:, position] = values
                position += 1
        if absent is not None:
            out[absent] = np.nan

    def formula(self, position: int) -> str:
        """Return the part and the time zone."""
        suffixes = [(part, suffix) for part in self.parts for suffix in _suffixes(part, cyclic=self.cyclic)]
        part, suffix = suffixes[position]
        if part == "unix_timestamp":
            return f"seconds from 1970 to {self.inputs[0]}"
        night = f" (hour in [{self.night_start}, {self.night_end}))" if part == "is_night" else ""
        return f"{suffix}{night} of {self.inputs[0]} in {self.timezone}"

    def _values(self, part: str, clock: LocalTime) -> NDArray[np.generic]:
        if part == "is_weekend":
            return clock.day_of_week >= 5
        if part == "unix_timestamp":
            return clock.millis / 1000.0
        if part == "is_night":
            return (clock.hour - self.night_start) % 24 < (self.night_end - self.night_start) % 24
        values: NDArray[np.generic] = getattr(clock, part)
        return values

    @cached_property
    def _offsets(self) -> Offsets | None:
        return None if self.timezone == "UTC" else utc_offsets(self.timezone)


def _checked_parts(parameters: Parameters) -> tuple[str, ...]:
    if "fields" not in parameters:
        return FIELDS
    parts = tuple(parameters.as_choice("fields", item, FIELDS) for item in parameters.items("fields"))
    if len(set(parts)) < len(parts):
        parameters.refuse("fields: each one once", list(parts), "drop the repeated one")
    return parts


def _checked_zone(parameters: Parameters) -> str:
    zone = parameters.text("timezone", "UTC")
    try:
        utc_offsets(zone)
    except ValueError:
        from zoneinfo import available_timezones

        parameters.as_choice("timezone", zone, sorted(available_timezones()))
    return zone


def _suffixes(part: str, *, cyclic: bool) -> tuple[str, ...]:
    return (f"{part}_sin", f"{part}_cos") if cyclic and part in ROUNDS else (part,)
