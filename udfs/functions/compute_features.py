"""Event fields and aggregates to feature columns, to train models on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from conf.settings import EventSettings, JobSettings
from state.sql import SqlColumns
from udfs.feature_store.past.as_of_join import NO_PAST, AsOfJoin, PastStore
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.parse_lines import event_columns
from udfs.functions.vector_function import NO_COLUMNS, Columns


@dataclass
class ComputeFeatures:
    """A function that computes the job's features in double precision, one column each.

    Args:
        job: settings of the job.
        past: the store at the time of each event, for features that are looked up there.
    """

    job: JobSettings
    past: PastStore = NO_PAST

    def __post_init__(self) -> None:
        self.features = compile_feature_set(self.job.features, self.job.events)
        self._stored: AsOfJoin | None = None

    @property
    def inputs(self) -> SqlColumns:
        """Event fields and aggregates that the features read."""
        return feature_inputs(self.features, self.job.events)

    @property
    def outputs(self) -> SqlColumns:
        """One DOUBLE per feature column; a value that is not computable is NULL."""
        return tuple((name, "DOUBLE") for name in self.features.columns)

    def open(self) -> None:
        """Read the history of the store, where features need it."""
        self._stored = self.past.open(self.features)

    def run(self, columns: Columns, exact: Columns = NO_COLUMNS) -> Mapping[str, Any]:
        """Compute the features of a batch; they are no more exact than floats."""
        if self._stored is not None:
            columns = {**columns, **self._stored.join(columns, exact)}
        matrix = self.features.transform(columns, np.float64)
        return {name: matrix[:, index] for index, name in enumerate(self.features.columns)}

    def close(self) -> None:
        """Do nothing, as there is nothing to free."""


def feature_inputs(features: FeatureSet, events: EventSettings) -> SqlColumns:
    """Return name and SQL type of the event fields and aggregates that a feature set reads."""
    fields = dict(event_columns(events))
    return tuple((name, fields.get(name, "DOUBLE")) for name in features.inputs)
