"""Features in standard deviations from their mean, as far as both are known from the stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.statistics.running_moments import RunningMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.statistics.feature_moments import FeatureMoments


@dataclass(frozen=True)
class ScalerSettings:
    """Settings of a scaler.

    Attributes:
        fading: α, over 0 to 1; mean and variance look back over 1/(1 − α) rows, or all of them if it is 1.
        clip: most standard deviations from the mean that come out, over 0.

    Raises:
        ValueError: a setting is out of range.
    """

    fading: float = 1.0
    clip: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.fading <= 1 or not self.clip > 0:
            msg = (
                f"scaler: expected fading over 0 to 1 and clip over 0, got {self.fading} and {self.clip}; the defaults "
                "are 1 and 10"
            )
            raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class Scaling:
    """Parameters for an export: z = (x − mean)·factor, no further than ±clip from 0, and 0 where x is missing.

    Attributes:
        means: mean of each feature, (k,) or (n, k); 0 where none is known.
        factors: 1/standard deviation, of the same shape; 0 for a constant feature, so that it comes out as 0.
        clip: most standard deviations.
    """

    means: NDArray[np.float64]
    factors: NDArray[np.float64]
    clip: float

    @classmethod
    def of(cls, moments: FeatureMoments, clip: float) -> Scaling:
        """Return the scaling that some moments give."""
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = np.where(moments.variances > 0, 1.0 / np.sqrt(moments.variances), 0.0)
        return cls(np.where(np.isnan(moments.means), 0.0, moments.means), factors, clip)

    def apply(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rows, (n, k), in standard deviations from the mean."""
        with np.errstate(invalid="ignore", over="ignore"):
            standard = (rows - self.means) * self.factors
        standard[np.isnan(standard)] = 0.0
        return np.clip(standard, -self.clip, self.clip, out=standard)


class RunningScaler:
    """Standardises rows by the mean and variance of the rows before them.

    A row comes out as it would from a model that was published just before it: what is served and what is learnt are
    the same. (River's scaler counts a row first, so that an outlier shrinks itself, as it never does when served.) So
    the first row is all 0, and the clip holds back rows while the variance is small by chance.

    A missing feature (NaN) counts for nothing and comes out as 0, which is the mean. A constant one comes out as 0, as
    well.
    An infinite one counts for nothing and comes out at the clip.

    Args:
        features: width of the rows.
        settings: how far it looks back, and the clip.

    Example:
        >>> scaler = RunningScaler(1, ScalerSettings(clip=4))
        >>> scaler.transform_learn(np.array([[2.0], [4.0], [4.0], [np.nan], [99.0]])).tolist()
        [[0.0], [0.0], [1.0], [0.0], [4.0]]
    """

    def __init__(self, features: int, settings: ScalerSettings) -> None:
        self._moments = RunningMoments(features, settings.fading)
        self._clip = settings.clip

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._moments.features

    def transform_learn(
        self, rows: NDArray[np.float64], is_learnt: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Standardise each row by the rows before it, then count it.

        Args:
            rows: features, (n, k).
            is_learnt: whether each row is counted, (n,); all are without it.

        Returns:
            Standardised features, (n, k).
        """
        weights = np.ones(len(rows)) if is_learnt is None else is_learnt.astype(np.float64)
        return Scaling.of(self._moments.learn(rows, weights), self._clip).apply(rows)

    def transform(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standardise rows, (n, k), by the rows so far, and count none of them."""
        return self.scaling().apply(rows)

    def scaling(self) -> Scaling:
        """Return the parameters for an export, from all rows so far."""
        return Scaling.of(self._moments.now(), self._clip)

    def merge(self, other: RunningScaler) -> None:
        """Add the rows of another scaler.

        Raises:
            ValueError: it has another width of rows or fading factor.
        """
        self._moments.merge(other._moments)

    def to_bytes(self) -> bytes:
        """Return the state, 32 bytes a feature."""
        return self._moments.to_bytes()

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: it is of another format version, width of rows or fading factor.
        """
        self._moments.restore(data)
