"""Feature sets that the calls of a query name, each compiled when a row first needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from udfs.feature_store.lookups.open_join import open_join
from udfs.feature_store.lookups.stored_join import StoredJoin
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet
from udfs.scoring.plain_columns import plain_columns, raw_columns
from udfs.sql.arguments import bound_columns, described
from udfs.sql.options import SqlOptions
from udfs.sql.signature import features_of

if TYPE_CHECKING:
    from udfs.features.feature import Columns


class NamedFeatures:
    """The feature sets of one operator's calls.

    Args:
        options: where settings come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._sets: dict[str, tuple[FeatureSet, StoredJoin | None]] = {}

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
        found = self._sets.get(config)
        if found is None:
            settings = self._options.settings(config)
            features = features_of(config, settings)
            found = self._sets[config] = features, open_join(settings.ml.feature_store, features)
        features, stored = found
        columns = bound_columns(f"gress_features({config!r})", features.inputs, arguments)
        plain: Columns = plain_columns(columns, features.inputs, features.fields)
        if stored is not None:
            plain = {**plain, **stored.join(plain, raw_columns(columns, stored.keys, (), features.fields))}
        return np.asarray(features.transform(plain), np.float64)

    def close(self) -> None:
        """Let the stores go that features are looked up in."""
        for _, stored in self._sets.values():
            if stored is not None:
                stored.close()
        self._sets.clear()
