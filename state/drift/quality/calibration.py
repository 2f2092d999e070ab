"""Calibration of scores: of rows scored 0.3, three in ten should turn out positive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.measures.homogeneity import LEAST_EXPECTED, merge_neighbours
from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement, drift_score
from state.drift.measures.tails import chi_square_sf
from state.drift.quality.labelled import labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 1
LARGE = 0.5  # outcomes off by half of what chance allows for (p(1−p) a row), such as three frauds for each two foretold
_UNIT = 2.0**-32  # sums of scores are kept in whole multiples of this, so that sums are exact in any order


class Calibration:
    """Outcomes of one pane of time by equally wide cells of the score.

    Expected calibration error: Σ n_b/n · |positives_b/n_b − mean score_b|; 0..1.

    Source: Naeini, Cooper, Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015.

    Args:
        bins: cells of 0..1, >= 1; cell b holds scores from b/bins, the last one 1 too.

    Raises:
        ValueError: fewer than one bin.

    Example:
        >>> calibration = Calibration(10)
        >>> calibration.update([0.25, 0.25, 0.75, 0.75], [0, 1, 1, 1])
        >>> calibration.error
        0.25
    """

    def __init__(self, bins: int = 15) -> None:
        if bins < 1:
            msg = f"calibration: expected bins >= 1, got {bins}; 15 is usual"
            raise ValueError(msg)
        self._sums = np.zeros((3, bins), np.int64)  # rows, positives, sum of scores in units

    def update(self, scores: ArrayLike, labels: ArrayLike) -> None:
        """Count outcomes; those without a score or label (NaN) are left out.

        Args:
            scores: probability of a positive, 0..1, (n,).
            labels: 0 or 1, (n,).

        Raises:
            ValueError: the lengths differ, a score is no probability, or a label neither; nothing is counted then.
        """
        said, truth = labelled(scores, labels)
        if ((said < 0) | (said > 1)).any():
            wrong = said[(said < 0) | (said > 1)][0]
            msg = f"scores: expected probabilities 0..1, got {wrong:g}; calibrate margins to probabilities first"
            raise ValueError(msg)
        bins = self._sums.shape[1]
        cells = np.minimum((said * bins).astype(np.int64), bins - 1)
        self._sums[0] += np.bincount(cells, minlength=bins)
        self._sums[1] += np.bincount(cells[truth == 1], minlength=bins)
        np.add.at(self._sums[2], cells, np.rint(said / _UNIT).astype(np.int64))

    @property
    def rows(self) -> int:
        """Outcomes counted."""
        return int(self._sums[0].sum())

    @property
    def error(self) -> float:
        """Expected calibration error, 0..1; NaN without outcomes."""
        return float(np.abs(self._gaps()).sum() / self.rows) if self.rows else math.nan

    def _gaps(self) -> NDArray[np.float64]:
        """Positives less those foretold, by cell."""
        gaps: NDArray[np.float64] = self._sums[1] - self._sums[2] * _UNIT
        return gaps

    def measure(self) -> Measurement:
        """Test the scores as probabilities.

        Statistic: expected calibration error. p: Σ gap²/variance over cells, χ² with a degree a cell (Hosmer,
        Lemeshow, Communications in Statistics A9, 1980; none is lost, for nothing was fitted to these rows); cells
        whose outcomes vary by less than five are merged with the next. Score: total gap over total variance.
        """
        if not self.rows:
            return NOT_COMPUTABLE
        rows, foretold = self._sums[0], self._sums[2] * _UNIT
        # At most this, whatever the scores within a cell: p is on the safe side.
        variance = foretold * (1 - foretold / np.maximum(rows, 1))
        total = float(variance.sum())
        gaps, spread = merge_neighbours(np.stack([self._gaps(), variance]), variance, LEAST_EXPECTED)
        if total < LEAST_EXPECTED:
            return Measurement(self.error, math.nan, 0.0)
        p = chi_square_sf(float((gaps**2 / spread).sum()), len(gaps))
        noise = float(np.sqrt(2 / math.pi * variance).sum()) / total
        return Measurement(self.error, p, drift_score((self.error * self.rows / total) ** 2, noise**2, LARGE**2))

    def _check(self, bins: int) -> None:
        if bins != self._sums.shape[1]:
            msg = f"calibration: expected {self._sums.shape[1]} bins, got {bins}; give all panes the same bins"
            raise ValueError(msg)

    def snapshot(self) -> dict[str, Any]:
        """Return the sums as builtins."""
        return {"version": VERSION, "sums": self._sums.astype("<i8").tobytes()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the sums of a snapshot.

        Raises:
            ValueError: it is of another format version or number of bins.
        """
        if snapshot.get("version") != VERSION:
            msg = (
                f"calibration: expected a snapshot of version {VERSION}, got {snapshot.get('version')!r}; "
                "start without it"
            )
            raise ValueError(msg)
        sums = np.frombuffer(snapshot["sums"], "<i8").astype(np.int64)
        self._check(sums.size // 3)
        self._sums = sums.reshape(3, -1)
