"""Forecasts of a number by level, trend and season of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from state.trackers.seasonal import SeasonalSettings
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_source
from udfs.features.tracked.tracked_feature import EMPTY, KEY, TrackedFeature, empty_of, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings

_MOST_STEPS = 10_000
_COLUMNS = ("forecast", "scale", "error")


@dataclass(frozen=True)
class Seasonal(TrackedFeature):
    """Forecast of a number some steps ahead by level, trend and season of its key; its usual error, and the last one.

    Three columns: forecast, scale (faded mean of the errors' sizes one step ahead) and error (of the row itself).

    Source: Hyndman and Athanasopoulos, Forecasting: principles and practice, 3rd edition, section 8.3.
    """

    type: ClassVar[str] = "seasonal"
    null_rule: ClassVar[str] = "no whole season of the key yet -> empty, else NaN; null -> as known so far"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        KEY,
        Parameter("step", "Time from one row of a key to the next, 1s or more."),
        Parameter("period", f"Steps of a season, 2..{_MOST_STEPS}."),
        Parameter("ahead", f"Steps from a row to what is forecast, 1..{_MOST_STEPS}.", "1"),
        Parameter("level", "Weight of a new value in the level, over 0 and below 1.", "0.1"),
        Parameter("trend", "Weight of a new rise in the trend, 0 to below 1.", "0.01"),
        Parameter("season", "Weight of a new value in its place of the season, 0 to below 1.", "0.2"),
        EMPTY,
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "amount",
        "parameters": {"key": "country", "step": "1h", "period": 24},
    }

    settings: SeasonalSettings

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Seasonal:
        """Require `key`, `step` and `period`; accept `ahead` (1), `level`, `trend`, `season` and `empty`."""
        parameters = Parameters(spec, cls.accepts)
        step_s = parameters.seconds("step")
        if step_s < 1:
            parameters.refuse("step: 1s or more", f"{step_s}s", "name the time between two rows of a key")
        settings = SeasonalSettings(
            step_s * 1000,
            parameters.integer("period", low=2, high=_MOST_STEPS),
            parameters.integer("ahead", 1, low=1, high=_MOST_STEPS),
            _weight(parameters, "level", 0.1, is_needed=True),
            _weight(parameters, "trend", 0.01),
            _weight(parameters, "season", 0.2),
        )
        columns = tuple(f"{output_of(spec)}_{name}" for name in _COLUMNS)
        key, empty = key_of(spec, parameters, fields), empty_of(parameters)
        return cls(columns, columns, key, (resolve_source(spec, fields, NUMERIC),), settings, empty)

    def formula(self, position: int) -> str:
        """Return the column in words."""
        from conf.types.durations import format_duration

        source, ahead = self.followed[0], format_duration(self.settings.ahead * self.settings.step_ms)
        return (
            f"level + trend + season of {source} {ahead} ahead, of the same {self.key}",
            f"faded mean of |error| of the same {self.key}",
            f"{source} - what was expected of it one row before, of the same {self.key}",
        )[position]


def _weight(parameters: Parameters, name: str, default: float, *, is_needed: bool = False) -> float:
    value = parameters.number(name, default)
    if not 0 <= value < 1 or (is_needed and value == 0):
        least = "over 0" if is_needed else "0"
        parameters.refuse(f"{name}: a weight from {least} to below 1", value, f"{default} is usual")
    return value
