"""Last values of a key in its session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from state.trackers.recent import RecentSettings
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_source
from udfs.features.tracked.tracked_feature import EMPTY, KEY, TrackedFeature, empty_of, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings

_MOST = 64


@dataclass(frozen=True)
class Recent(TrackedFeature):
    """Last numbers of the key, the row's own first; a pause longer than the gap begins a new session, without them.

    One column for each, with the suffixes _1, _2 and so on; the numbers may be codes, such as those of items.
    """

    type: ClassVar[str] = "recent"
    null_rule: ClassVar[str] = "fewer numbers in the session -> empty, else NaN; null -> as known so far"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        KEY,
        Parameter("count", f"Numbers that are remembered, 1..{_MOST}.", "8"),
        Parameter("gap", "Longest pause within a session, over 0s.", "none"),
        EMPTY,
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "amount",
        "parameters": {"key": "country", "count": 3, "gap": "30m"},
    }

    settings: RecentSettings

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Recent:
        """Require `key`; accept `count` (8), `gap` and `empty`."""
        parameters = Parameters(spec, cls.accepts)
        count = parameters.integer("count", 8, low=1, high=_MOST)
        gap_ms = parameters.optional_duration_ms("gap")
        if gap_ms == 0:
            parameters.refuse("gap: over 0s", spec.parameters["gap"], "leave it out for sessions without an end")
        columns = tuple(f"{output_of(spec)}_{place}" for place in range(1, count + 1))
        key, empty = key_of(spec, parameters, fields), empty_of(parameters)
        source = resolve_source(spec, fields, NUMERIC)
        return cls(columns, columns, key, (source,), RecentSettings(count, gap_ms or 0), empty)

    def formula(self, position: int) -> str:
        """Return the column in words."""
        source = self.followed[0]
        within = " in the session" if self.settings.gap_ms else ""
        return f"{source}, {position} rows before in the same {self.key}{within}"
