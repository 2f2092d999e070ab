"""Outcomes as they come in: scores with the labels that arrived later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def is_outcome(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows have an outcome, 0 or 1, beside a score that is a probability; (n,)."""
    found: NDArray[np.bool_] = ((labels == 0) | (labels == 1)) & (scores >= 0) & (scores <= 1)
    return found


def labelled(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the rows that have both a score and a label.

    Args:
        scores: (n,); NaN is no score.
        labels: 0 or 1, (n,); NaN is no label yet.

    Raises:
        ValueError: the lengths differ, or a label is something else.
    """
    said, truth = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    if said.shape != truth.shape or said.ndim != 1:
        msg = f"scores and labels: expected two columns of one length, got shapes {said.shape} and {truth.shape}"
        raise ValueError(msg)
    is_known = ~np.isnan(truth)
    is_wrong = is_known & (truth != 0) & (truth != 1)
    if is_wrong.any():
        msg = f"labels: expected 0 or 1, got {truth[is_wrong][0]:g}; map the classes to 0 and 1, NaN where not known"
        raise ValueError(msg)
    is_complete = is_known & ~np.isnan(said)
    return said[is_complete], truth[is_complete].astype(np.int64)
