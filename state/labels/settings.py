"""Waits of predictions for labels, and of labels for predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.labels.row_table import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray


EARLY, FITS, LATE, BEYOND = -1, 0, 1, 2
"""The time of a label relative to its prediction: early, in time, late, or after the prediction is forgotten."""


@dataclass(frozen=True)
class JoinTimes:
    """Times in event time, each judged by the watermark.

    Attributes:
        label_ttl_ms: after so long, from its own time, a prediction leaves without a label.
        early_ttl_ms: after so long, from its own time, a label leaves without a prediction.
        late_ttl_ms: ids are remembered for so long after ``label_ttl_ms``.

    Raises:
        ValueError: a time is negative.
    """

    label_ttl_ms: int
    early_ttl_ms: int
    late_ttl_ms: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                msg = f"labels: {name}: expected a time of 0 ms or more, got {value}"
                raise ValueError(msg)

    def fits(self, labels: NDArray[np.int64], predictions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how labels fit predictions, by the event times of both, as far as rows in order could have met.

        >>> JoinTimes(70, 10, 20).fits(np.array([89, 90, 170, 171, 190, 191]), np.array([100])).tolist()
        [-1, 0, 0, 1, 1, 2]
        """
        found = (labels > self.predictions_due(predictions)).astype(np.int64)
        found += labels > self.remembered_until(predictions)
        found[self.labels_due(labels) < predictions] = EARLY
        return found

    def predictions_due(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when predictions of some times leave, in epoch milliseconds like these."""
        return _later(times, self.label_ttl_ms)

    def labels_due(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when labels leave that wait."""
        return _later(times, self.early_ttl_ms)

    def remembered_until(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when the ids of predictions are forgotten."""
        return _later(times, self.label_ttl_ms + self.late_ttl_ms)


def _later(times: NDArray[np.int64], ttl_ms: int) -> NDArray[np.int64]:
    """Return times plus a time to live; the latest is one that the last watermark reaches."""
    later: NDArray[np.int64] = np.minimum(times, NEVER - 1 - ttl_ms) + ttl_ms
    return later
