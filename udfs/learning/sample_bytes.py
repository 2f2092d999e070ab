"""Samples without their outcome, as bytes that wait for the label: points and features of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.weights import lost_positive_weights
from state.training.samples import Samples
from udfs.labels.job_labels import LABEL
from udfs.labels.prediction_parts import PREDICTION, SAMPLE, TIME
from udfs.labels.settings import AGE
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from udfs.windows.parts import Block


def sample_bytes(points: NDArray[np.uint64], keys: NDArray[np.uint64], features: NDArray[Any]) -> Texts:
    """Return the bytes of n rows, all of one length.

    Args:
        points: points of their ids, (n,).
        keys: points of their keys, (n,).
        features: as models take them, (n, k).
    """
    rows = np.empty(len(points), _row(features.shape[1]))
    rows["point"], rows["key"], rows["features"] = points, keys, features
    return Texts(rows.view(np.uint8).reshape(-1), np.arange(1, len(rows) + 1) * rows.itemsize)


def samples_of_pairs(block: Block, late_share: float) -> Samples:
    """Return labelled predictions as samples, whose outcomes became known when both sides were.

    Args:
        block: rows of the join's main output that have a label, at least one.
        late_share: share of positives whose label comes too late; 0: all rows weigh the same.
    """
    packed = block[SAMPLE]
    assert isinstance(packed, Texts)
    size = len(block)
    width = (len(packed.data) // size - _row(0).itemsize) // 4
    rows = packed.data.view(_row(width))
    times = block.numbers(TIME).values
    targets, served = block.numbers(LABEL).values, block.numbers(PREDICTION).values
    return Samples(
        times + np.maximum(block.numbers(AGE[0][0]).values, 0),
        times,
        rows["point"],
        rows["key"],
        targets,
        lost_positive_weights(targets, served, late_share) if late_share else np.ones(size),
        served,
        rows["features"].reshape(size, width),
    )


def _row(width: int) -> np.dtype[np.void]:
    return np.dtype([("point", "<u8"), ("key", "<u8"), ("features", "<f4", (width,))])
