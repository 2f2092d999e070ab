"""Area under the ROC curve and its variance, from counts of scores that add up over tasks.

Rules this file keeps:

- Cells are even in log-odds: where one row in a thousand is positive, nearly all scores lie in one cell of even width.
  Scores of one cell count as equal, and all numbers are exact for scores so rounded.
- Two models on the same rows need to know which scores came together. Joint cells hold that, and add up, too; from two
  histograms alone the covariance cannot be had.
- The standard error is over rows. Rows of one unit that resemble each other make it too small, and counts of scores
  cannot mend that: count one row a unit where units have many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

VERSION = 1
CELLS, JOINT_CELLS = 1000, 128
_FAR = 12.0  # log-odds of the outermost edges


@dataclass(frozen=True, eq=False)
class ScoreCounts:
    """Counts of scores by label, negatives first; of one model, or of two on the same rows.

    Attributes:
        counts: rows by label and cell, (2, cells), or by label and the cells of both models, (2, cells, cells).

    Example:
        >>> counts = ScoreCounts.from_scores([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        >>> counts.area
        0.75
    """

    counts: NDArray[np.int64]

    @classmethod
    def from_scores(cls, scores: ArrayLike, labels: ArrayLike, cells: int = CELLS) -> ScoreCounts:
        """Count rows of one model.

        Args:
            scores: chance of a positive, 0..1, (n,).
            labels: 0 or 1, (n,).
            cells: number of cells, the same for all counts that are added.

        Raises:
            ValueError: a score is not a chance, a label neither 0 nor 1, or their lengths differ.
        """
        return cls(_counts(labels, (scores,), cells))

    @classmethod
    def from_pairs(
        cls, candidate: ArrayLike, current: ArrayLike, labels: ArrayLike, cells: int = JOINT_CELLS
    ) -> ScoreCounts:
        """Count rows that two models scored.

        Args:
            candidate: the candidate's scores, 0..1, (n,).
            current: the current model's scores, 0..1, (n,).
            labels: 0 or 1, (n,).
            cells: number of cells of each model, the same for all counts that are added.

        Raises:
            ValueError: a score is not a chance, a label neither 0 nor 1, or their lengths differ.
        """
        return cls(_counts(labels, (candidate, current), cells))

    def __add__(self, other: ScoreCounts) -> ScoreCounts:
        if self.counts.shape != other.counts.shape:
            shapes = f"{self.counts.shape} and {other.counts.shape}"
            msg = f"auc: expected counts over the same cells, got shapes {shapes}; count both alike"
            raise ValueError(msg)
        return ScoreCounts(self.counts + other.counts)

    @property
    def area(self) -> float:
        """Chance that a positive of one model scores above a negative, ties by half; NaN without both labels."""
        positives = self.counts[1].sum()
        below = placements(self.counts)[1]
        return float((self.counts[1] * below).sum() / positives) if positives else math.nan

    @property
    def variance(self) -> float:
        """Variance of the area of one model; NaN below two rows of a label.

        Source: DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
        characteristic curves, Biometrics 44, 1988.
        """
        placed = placements(self.counts)
        return sum(placement_covariance(self.counts[i], placed[i]) for i in range(2))

    def pack(self) -> NDArray[np.float64]:
        """Return format version, models, cells, 0, and positions and counts of cells in use, (4 + 2·used,)."""
        used = np.flatnonzero(self.counts)
        heads = [VERSION, self.counts.ndim - 1, self.counts.shape[-1], 0]
        return np.concatenate([heads, used, self.counts.ravel()[used]]).astype(np.float64)

    @classmethod
    def unpack(cls, packed: ArrayLike) -> ScoreCounts:
        """Return what was packed.

        Raises:
            ValueError: it is of another format version or length.
        """
        values = np.asarray(packed, np.float64)
        if values.ndim != 1 or values.size < 4 or values.size % 2 or values[0] != VERSION:
            msg = f"auc: expected packed counts of version {VERSION}, got {values[:4].tolist()}; start without them"
            raise ValueError(msg)
        models, cells = values[1:3].astype(np.int64).tolist()
        counts = np.zeros((2, *[cells] * models), np.int64)
        used, found = values[4:].astype(np.int64).reshape(2, -1)
        counts.flat[used] = found
        return cls(counts)


def placements(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return by cell the share of positives above a negative there, and of negatives below a positive; ties by half."""
    negatives, positives = counts
    with np.errstate(invalid="ignore"):
        above = 1 - (np.cumsum(positives) - positives / 2) / positives.sum()
        below = (np.cumsum(negatives) - negatives / 2) / negatives.sum()
    return above, below


def placement_covariance(counts: NDArray[np.int64], *placed: NDArray[np.float64]) -> float:
    """Return the covariance of the means of the placements by two models, over a label's rows; or one's variance."""
    used, rows = counts.nonzero(), int(counts.sum())
    if rows < 2:
        return math.nan
    weights, first, last = counts[used], placed[0][used[0]], placed[-1][used[-1]]
    moment = float(weights @ ((first - weights @ first / rows) * (last - weights @ last / rows)))
    return moment / (rows - 1) / rows


def _counts(labels: ArrayLike, scores: tuple[ArrayLike, ...], cells: int) -> NDArray[np.int64]:
    truth, columns = np.asarray(labels), [np.asarray(column, np.float64) for column in scores]
    are_chances = all(((column >= 0) & (column <= 1)).all() for column in columns)
    if not are_chances or not np.isin(truth, (0, 1)).all() or any(column.shape != truth.shape for column in columns):
        msg = "auc: expected a score 0..1 and a label 0 or 1 for each row, got others; leave out rows without a label"
        raise ValueError(msg)
    edges = 1 / (1 + np.exp(-np.linspace(-_FAR, _FAR, cells - 1)))
    places = truth.astype(np.int64)
    for column in columns:
        places = places * cells + np.searchsorted(edges, column)
    counted = np.bincount(places, minlength=2 * cells ** len(columns))
    return counted.reshape(2, *[cells] * len(columns))
