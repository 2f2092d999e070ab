"""Feature transforms, one a file, and the table of them: a new one is a file and a row here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.features.aggregation import Aggregation
from udfs.features.bucket import Bucket
from udfs.features.categorical import Categorical
from udfs.features.clip import Clip
from udfs.features.cyclic import Cyclic
from udfs.features.difference import Difference
from udfs.features.embedding import Embedding
from udfs.features.hash import Hash
from udfs.features.haversine import Haversine
from udfs.features.interaction import Interaction
from udfs.features.log import Log
from udfs.features.missing import Missing
from udfs.features.normalize import Normalize
from udfs.features.numerical import Numerical
from udfs.features.onehot import Onehot
from udfs.features.quantile import Quantile
from udfs.features.ratio import Ratio
from udfs.features.standardize import Standardize
from udfs.features.target_rate import TargetRate
from udfs.features.temporal import Temporal
from udfs.features.text import Text
from udfs.features.time_since_last import TimeSinceLast

if TYPE_CHECKING:
    from udfs.features.feature import Feature

FEATURES: dict[str, type[Feature]] = {
    feature.type: feature
    for feature in (
        Numerical,
        Categorical,
        Onehot,
        Normalize,
        Standardize,
        Log,
        Bucket,
        Temporal,
        Text,
        Aggregation,
        Hash,
        Cyclic,
        Ratio,
        Difference,
        Interaction,
        Clip,
        Quantile,
        Missing,
        Haversine,
        TargetRate,
        Embedding,
        TimeSinceLast,
    )
}
