"""Scores of half-space trees of each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from state.trackers.half_space_trees import HalfSpaceTreesSettings
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import NUMERIC, output_of, resolve_column
from udfs.features.tracked.tracked_feature import EMPTY, KEY, TrackedFeature, empty_of, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings


@dataclass(frozen=True)
class HalfSpaceScore(TrackedFeature):
    """Oddness of several numbers together, 0..1, by half-space trees that learn the rows of the key as they come.

    Source: Tan, Ting and Liu, Fast anomaly detection for streaming data, IJCAI 2011.
    """

    type: ClassVar[str] = "half_space_trees"
    null_rule: ClassVar[str] = "a null source, or no whole window of the key yet -> empty, else NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        KEY,
        Parameter("sources", "List of numbers that are judged together."),
        Parameter("trees", "Number of trees, 1..200.", "25"),
        Parameter("height", "Halvings from a root to a leaf, 1..15.", "8"),
        Parameter("window", "Rows of the key that are learnt before they judge the next, 1..100000.", "250"),
        Parameter("seed", "Seed of the trees, 0..2147483647.", "1"),
        EMPTY,
    )
    example: ClassVar[Mapping[str, object]] = {"parameters": {"key": "country", "sources": ["amount", "visits"]}}

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> HalfSpaceScore:
        """Require `key` and `sources`; accept `trees` (25), `height` (8), `window` (250), `seed` (1) and `empty`."""
        parameters = Parameters(spec, cls.accepts)
        settings = HalfSpaceTreesSettings(
            parameters.integer("trees", 25, low=1, high=200),
            parameters.integer("height", 8, low=1, high=15),
            parameters.integer("window", 250, low=1, high=100_000),
            parameters.integer("seed", 1, low=0, high=2**31 - 1),
        )
        sources = [resolve_column(spec, name, fields, NUMERIC) for name in parameters.items("sources")]
        if len(set(sources)) < len(sources):
            parameters.refuse("sources: each number once", sources, "drop the repeated one")
        output = output_of(spec)
        key, empty = key_of(spec, parameters, fields), empty_of(parameters)
        return cls((output,), (output,), key, tuple(sources), settings, empty)

    def formula(self, position: int) -> str:
        """Return the score in words."""
        del position
        return f"oddness of {', '.join(self.followed)} by half-space trees of the same {self.key}"
