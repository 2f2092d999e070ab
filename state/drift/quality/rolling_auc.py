"""Area under the ROC curve of the outcomes so far, from counts of scores by label that can be merged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.measures.measurement import NOT_COMPUTABLE, Measurement
from state.drift.measures.tails import normal_sf
from state.drift.quality.labelled import labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 1
LEAST_LABELS = 10  # of each class, for the normal limit


class RollingAuc:
    """Area under the ROC curve of one pane of time; panes are merged to the window asked for.

    The area is P(score of a positive > of a negative) + ½ P(equal), scores in one cell counting as equal: exact for
    scores that cells keep apart, else within `bound`.

    Source: Hanley, McNeil, The meaning and use of the area under a ROC curve, Radiology 143, 1982.

    Args:
        edges: ascending; cell i holds scores with edges[i-1] < score <= edges[i]. Thousandths of 0..1 if None; for
            scores that crowd, the edges of the baseline's score column are finer where it matters.

    Raises:
        ValueError: the edges do not ascend.

    Example:
        >>> auc = RollingAuc()
        >>> auc.update([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        >>> auc.area
        0.75
    """

    def __init__(self, edges: ArrayLike | None = None) -> None:
        self._edges = np.arange(1, 1000) / 1000 if edges is None else np.asarray(edges, np.float64)
        if self._edges.ndim != 1 or not (np.diff(self._edges) > 0).all():
            msg = f"auc: expected ascending edges, got {self._edges.tolist()}; sort them and drop repeated ones"
            raise ValueError(msg)
        self._counts = np.zeros((2, len(self._edges) + 1), np.int64)

    def update(self, scores: ArrayLike, labels: ArrayLike) -> None:
        """Count outcomes; those without a score or label (NaN) are left out.

        Args:
            scores: (n,), higher = more likely positive.
            labels: 0 or 1, (n,).

        Raises:
            ValueError: the lengths differ or a label is neither; nothing is counted then.
        """
        said, truth = labelled(scores, labels)
        cells = np.searchsorted(self._edges, said) + truth * self._counts.shape[1]
        self._counts += np.bincount(cells, minlength=self._counts.size).reshape(self._counts.shape)

    @property
    def labels(self) -> tuple[int, int]:
        """Outcomes counted: negatives, positives."""
        return int(self._counts[0].sum()), int(self._counts[1].sum())

    @property
    def area(self) -> float:
        """The area, 0..1; NaN where a class is missing."""
        negatives, positives = self.labels
        if not negatives or not positives:
            return math.nan
        # Twice the pairs in order, in whole numbers: exact.
        twice_below = 2 * np.cumsum(self._counts[0]) - self._counts[0]
        return int((twice_below * self._counts[1]).sum()) / (2 * negatives * positives)

    @property
    def bound(self) -> float:
        """The largest error of `area` against the scores themselves: half the share of pairs in one cell."""
        negatives, positives = self.labels
        if not negatives or not positives:
            return math.nan
        return int((self._counts[0] * self._counts[1]).sum()) / (2 * negatives * positives)

    def compare(self, window: RollingAuc) -> Measurement:
        """Test whether the area has fallen from this baseline to a window of the same cells.

        Statistic: the fall, −1..1. Its p-value is one-sided, normal on the log-odds of the areas (Pepe, The
        statistical evaluation of medical tests, 2003, 5.2: small samples are skewed less there) with the variance of
        DeLong, DeLong, Clarke-Pearson (Biometrics 44, 1988) from both together; NaN under ten labels of a class.
        Score: the share of the baseline's area over one half that is lost, 0..1.

        Raises:
            ValueError: the cells differ.
        """
        both = RollingAuc(self._edges)
        both.merge(self)
        both.merge(window)
        if not all((*self.labels, *window.labels)):
            return NOT_COMPUTABLE
        fall = self.area - window.area
        worth = self.area - 0.5
        score = min(1.0, max(0.0, fall) / worth) if worth > 0 else 0.0
        if min(*self.labels, *window.labels) < LEAST_LABELS:
            return Measurement(fall, math.nan, score)
        sizes = np.asarray([self.labels, window.labels])
        deviation = math.sqrt((both._placement_variances() / sizes).sum())
        if not deviation:
            return Measurement(fall, 1.0, score)  # perfect order in both
        z = (self._log_odds() - window._log_odds()) * both.area * (1 - both.area) / deviation
        return Measurement(fall, normal_sf(z), score)

    def _log_odds(self) -> float:
        """ln(area/(1 − area)) with half a pair more on either side, for it to be finite."""
        pairs = math.prod(self.labels)
        return math.log((self.area * pairs + 0.5) / ((1 - self.area) * pairs + 0.5))

    def _placement_variances(self) -> NDArray[np.float64]:
        """Variance over negatives, and over positives, of the share of the other class that each is ordered with."""
        shares = self._counts / self._counts.sum(axis=1, keepdims=True)
        middle = np.cumsum(shares, axis=1) - shares / 2
        placed = np.stack([1 - middle[1], middle[0]])
        means = (placed * shares).sum(axis=1, keepdims=True)
        variances: NDArray[np.float64] = ((placed - means) ** 2 * shares).sum(axis=1)
        return variances

    def merge(self, other: RollingAuc) -> None:
        """Add the outcomes of another pane or subtask; exact in any order.

        Raises:
            ValueError: its cells are others.
        """
        if not np.array_equal(self._edges, other._edges):
            msg = (
                f"auc: expected the same {len(self._edges)} edges, got {len(other._edges)} others; "
                "give all panes the same edges"
            )
            raise ValueError(msg)
        self._counts += other._counts

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as builtins; edges come from the constructor again."""
        return {"version": VERSION, "counts": self._counts.astype("<i8").tobytes()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the counts of a snapshot.

        Raises:
            ValueError: it is of another format version or of another number of cells.
        """
        counts = np.frombuffer(snapshot["counts"], "<i8").astype(np.int64)
        if snapshot.get("version") != VERSION or counts.size != self._counts.size:
            msg = (
                f"auc: expected a snapshot of version {VERSION} with {self._counts.size} counts, got version "
                f"{snapshot.get('version')!r} with {counts.size}; start without it"
            )
            raise ValueError(msg)
        self._counts = counts.reshape(self._counts.shape)
