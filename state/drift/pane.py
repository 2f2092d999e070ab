"""One window of live rows: counts of inputs, scores and known outcomes."""

from __future__ import annotations

import pickle
import zlib
from typing import TYPE_CHECKING

import numpy as np

from state.drift.histograms import Histograms
from state.drift.quality.calibration import Calibration
from state.drift.quality.labelled import is_outcome
from state.drift.quality.rolling_auc import RollingAuc

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Pane:
    """Counts of one window for one version of a model.

    Args:
        baseline: baseline whose cells are used: the features, then one score.
    """

    def __init__(self, baseline: Histograms) -> None:
        self.counts = baseline.empty()
        self.calibration = Calibration()
        self.auc = RollingAuc()

    @property
    def rows(self) -> int:
        """Rows counted."""
        return self.counts.rows

    def update(self, matrix: NDArray[np.float32], scores: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
        """Count rows.

        Args:
            matrix: features, (n, k).
            scores: (n,).
            labels: outcomes, (n,); NaN is not known. What is neither 0 nor 1, or has a score outside 0..1, is none.
        """
        self.counts.update(matrix, scores)
        chosen = is_outcome(scores, labels)
        if chosen.any():
            self.calibration.update(scores[chosen], labels[chosen])
            self.auc.update(scores[chosen], labels[chosen])

    def to_bytes(self) -> bytes:
        """Return the counts, packed."""
        parts = (self.counts.snapshot(), self.calibration.snapshot(), self.auc.snapshot())
        return zlib.compress(pickle.dumps(parts), 1)

    @classmethod
    def from_bytes(cls, packed: bytes, baseline: Histograms) -> Pane:
        """Return what `to_bytes` packed.

        Raises:
            ValueError: it was counted in other cells than those of the baseline.
        """
        pane = cls(baseline)
        counts, calibration, auc = pickle.loads(zlib.decompress(packed))
        pane.counts.restore(counts)
        pane.calibration.restore(calibration)
        pane.auc.restore(auc)
        return pane
