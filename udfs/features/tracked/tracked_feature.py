"""Common parts of features that follow a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.trackers.tracker import TrackerSettings, TrackerSpec
from udfs.features.feature import Feature
from udfs.features.parameters import Parameter
from udfs.features.source import DISCRETE, resolve_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix
    from udfs.features.parameters import Parameters

KEY = Parameter("key", "Field whose equal values belong together.")
EMPTY = Parameter("empty", "Value where there is no answer yet.", "none")


@dataclass(frozen=True)
class TrackedFeature(Feature):
    """Answers of a tracker of each key, which the tracker stage computes upstream; the transform copies its columns."""

    key: str
    followed: tuple[str, ...]
    settings: TrackerSettings
    empty: float | None

    @property
    def tracker(self) -> TrackerSpec:
        """The tracker for the stage."""
        return TrackerSpec(self.columns, self.key, self.followed, self.settings)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Copy the answers."""
        for place, name in enumerate(self.inputs):
            out[:, place] = columns[name]
        if self.empty is not None:
            np.copyto(out, self.empty, where=np.isnan(out))


def key_of(spec: FeatureSpec, parameters: Parameters, fields: Mapping[str, FieldSettings]) -> str:
    """Read `key`."""
    return resolve_column(spec, parameters.text("key"), fields, DISCRETE)


def empty_of(parameters: Parameters) -> float | None:
    """Read `empty`."""
    return parameters.optional_number("empty")
