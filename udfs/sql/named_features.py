"""Feature sets that the calls of a query name, each compiled when a row first needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet
from udfs.scoring.plain_columns import plain_columns
from udfs.sql.arguments import bound_columns, described
from udfs.sql.options import SqlOptions
from udfs.sql.signature import features_of


class NamedFeatures:
    """The feature sets of one operator's calls.

    Args:
        options: where settings come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._sets: dict[str, FeatureSet] = {}

    def compute(self, config: Any, arguments: Sequence[Any]) -> NDArray[np.float64]:
        """Return the features of rows, (n, k).

        Args:
            config: name of a shipped job, or path of a file with one.
            arguments: the columns that its features read, as ``bound_columns`` takes them.

        Raises:
            ConfigError, FeatureError: the settings or the columns are wrong.
        """
        if not isinstance(config, str):
            msg = "gress_features"
            raise FeatureError(msg, "settings in quotes", described(config), "name one feature set")
        features = self._sets.get(config)
        if features is None:
            features = self._sets[config] = features_of(config, self._options.settings(config))
        columns = bound_columns(f"gress_features({config!r})", features.inputs, arguments)
        return np.asarray(features.transform(plain_columns(columns, features.inputs, features.fields)), np.float64)
