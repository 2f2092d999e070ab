"""Robust z-scores of a number within its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from state.trackers.robust_z import RobustZSettings
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_source
from udfs.features.tracked.tracked_feature import EMPTY, KEY, TrackedFeature, empty_of, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings

_MOST_HISTORY = 1_024


@dataclass(frozen=True)
class RobustZScore(TrackedFeature):
    """Distance of a number from the median of the key's last ones, in units of 1.4826 times their median distance.

    The number itself counts for the next ones.

    Source: Iglewicz and Hoaglin, How to detect and handle outliers, ASQC 1993.
    """

    type: ClassVar[str] = "robust_z"
    null_rule: ClassVar[str] = "null, or fewer than least earlier numbers of the key -> empty, else NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        KEY,
        Parameter("history", f"Earlier numbers of the key to compare with, 2..{_MOST_HISTORY}.", "64"),
        Parameter("least", "Earlier numbers before the first score, 2..history.", "16"),
        Parameter("limit", "Largest score, > 0; its negative is the least.", "20"),
        EMPTY,
    )
    example: ClassVar[Mapping[str, object]] = {"source": "amount", "parameters": {"key": "country"}}

    settings: RobustZSettings

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> RobustZScore:
        """Require `key`; accept `history` (64), `least` (16), `limit` (20) and `empty`."""
        parameters = Parameters(spec, cls.accepts)
        history = parameters.integer("history", 64, low=2, high=_MOST_HISTORY)
        least = parameters.integer("least", min(16, history), low=2, high=history)
        limit = parameters.number("limit", 20.0)
        if limit <= 0:
            parameters.refuse("limit: a number > 0", limit, "20 keeps what is far out apart from what is not")
        output = output_of(spec)
        return cls(
            (output,),
            (output,),
            key_of(spec, parameters, fields),
            (resolve_source(spec, fields, NUMERIC),),
            RobustZSettings(history, least, limit),
            empty_of(parameters),
        )

    def formula(self, position: int) -> str:
        """Return the score in words."""
        del position
        source, history = self.followed[0], self.settings.history
        spread = f"1.4826 * median |{source} - median|"
        return f"({source} - median) / ({spread}) of the last {history} of the same {self.key}"
