"""Feature transforms, one a file, and the table of them: a new one is a file and a row here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.features.tracked.half_space_score import HalfSpaceScore
from udfs.features.tracked.recent import Recent
from udfs.features.tracked.robust_z import RobustZScore
from udfs.features.tracked.seasonal import Seasonal
from udfs.features.transforms.aggregation import Aggregation
from udfs.features.transforms.bucket import Bucket
from udfs.features.transforms.categorical import Categorical
from udfs.features.transforms.clip import Clip
from udfs.features.transforms.cyclic import Cyclic
from udfs.features.transforms.difference import Difference
from udfs.features.transforms.embedding import Embedding
from udfs.features.transforms.hash import Hash
from udfs.features.transforms.haversine import Haversine
from udfs.features.transforms.interaction import Interaction
from udfs.features.transforms.log import Log
from udfs.features.transforms.lookup import Lookup
from udfs.features.transforms.missing import Missing
from udfs.features.transforms.normalize import Normalize
from udfs.features.transforms.numerical import Numerical
from udfs.features.transforms.onehot import Onehot
from udfs.features.transforms.quantile import Quantile
from udfs.features.transforms.ratio import Ratio
from udfs.features.transforms.standardize import Standardize
from udfs.features.transforms.target_rate import TargetRate
from udfs.features.transforms.temporal import Temporal
from udfs.features.transforms.text import Text
from udfs.features.transforms.time_since_last import TimeSinceLast

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
        Lookup,
        TimeSinceLast,
        RobustZScore,
        HalfSpaceScore,
        Seasonal,
        Recent,
    )
}
