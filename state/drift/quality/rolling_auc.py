"""Area under the ROC curve of the outcomes so far, from counts of scores by label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.quality.labelled import labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

VERSION = 2
_THOUSANDTHS = np.arange(1, 1000) / 1000
# Most scores of a rare class lie within the first thousandth, those of a common one within the last.
_SMALL = 10.0 ** -(np.arange(121, 321) / 40)
# Cell i holds scores with _EDGES[i-1] < score <= _EDGES[i].
_EDGES = np.sort(np.concatenate([_SMALL, _THOUSANDTHS, 1 - _SMALL]))
_OLD_CELLS = len(_THOUSANDTHS) + 1


class RollingAuc:
    """Area under the ROC curve of the outcomes of one pane of time.

    The area is P(score of a positive > of a negative) + ½ P(equal), where scores within the same cell count as equal:
    it is off by at most half the share of such pairs. Cells are a thousandth wide, and 6 % of the distance to 0 or 1
    within a thousandth of these, down to 1e-8.

    Source: Hanley, McNeil, The meaning and use of the area under a ROC curve, Radiology 143, 1982.

    Example:
        >>> auc = RollingAuc()
        >>> auc.update([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        >>> auc.area
        0.75
    """

    def __init__(self) -> None:
        self._counts = np.zeros((2, len(_EDGES) + 1), np.int64)

    def update(self, scores: ArrayLike, labels: ArrayLike) -> None:
        """Count outcomes; those without a score or label (NaN) are left out.

        Args:
            scores: (n,), higher = more likely positive.
            labels: 0 or 1, (n,).

        Raises:
            ValueError: the lengths differ or a label is neither; nothing is counted then.
        """
        said, truth = labelled(scores, labels)
        cells = np.searchsorted(_EDGES, said) + truth * self._counts.shape[1]
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

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as builtins."""
        return {"version": VERSION, "counts": self._counts.astype("<i8").tobytes()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the counts of a snapshot.

        Those of version 1 have cells of a thousandth alone, whose scores count as the highest in them.

        Raises:
            ValueError: it is of another format version or of another number of cells.
        """
        counts, version = np.frombuffer(snapshot["counts"], "<i8").astype(np.int64), snapshot.get("version")
        if version == 1 and counts.size == 2 * _OLD_CELLS:
            self._counts = np.zeros_like(self._counts)
            places = np.append(np.searchsorted(_EDGES, _THOUSANDTHS), len(_EDGES))
            self._counts[:, places] = counts.reshape(2, _OLD_CELLS)
            return
        if version != VERSION or counts.size != self._counts.size:
            msg = (
                f"auc: expected a snapshot of version {VERSION} with {self._counts.size} counts, got version "
                f"{version!r} with {counts.size}; start without it"
            )
            raise ValueError(msg)
        self._counts = counts.reshape(self._counts.shape)
