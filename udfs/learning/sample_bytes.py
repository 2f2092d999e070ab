"""Samples without their outcome, as bytes that wait for the label: points and features of a row, and its key."""

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


def sample_bytes(
    points: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    features: NDArray[Any],
    names: NDArray[np.bytes_] | None = None,
) -> Texts:
    """Return the bytes of n rows; without names all have one length.

    Args:
        points: points of their ids, (n,).
        keys: points that decide about their shards, (n,).
        features: as models take them, (n, k).
        names: their keys as UTF-8, (n,); None: one model learns all.
    """
    rows = np.empty(len(points), _row(features.shape[1], is_named=names is not None))
    rows["point"], rows["key"], rows["features"] = points, keys, features
    if names is None:
        return Texts(rows.view(np.uint8).reshape(-1), np.arange(1, len(rows) + 1) * rows.itemsize)
    rows["length"] = np.char.str_len(names)
    texts = names.view(np.uint8).reshape(len(rows), -1)
    whole = np.column_stack([rows.view(np.uint8).reshape(len(rows), -1), texts])
    lengths = rows.itemsize + rows["length"].astype(np.int64)
    return Texts(whole[np.arange(whole.shape[1]) < lengths[:, None]], np.cumsum(lengths))


def samples_of_pairs(block: Block, late_share: float, *, is_keyed: bool = False) -> Samples:
    """Return labelled predictions as samples, whose outcomes became known when both sides were.

    Args:
        block: rows of the join's main output that have a label, at least one.
        late_share: share of positives whose label comes too late; 0: all rows weigh the same.
        is_keyed: whether the rows have names of keys.
    """
    packed = block[SAMPLE]
    assert isinstance(packed, Texts)
    size = len(block)
    rows, names = _with_names(packed) if is_keyed else (_without(packed), None)
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
        rows["features"].reshape(size, -1),
        names,
    )


def _without(packed: Texts) -> NDArray[Any]:
    width = (len(packed.data) // len(packed) - _row(0).itemsize) // 4
    return packed.data.view(_row(width))


def _with_names(packed: Texts) -> tuple[NDArray[Any], NDArray[np.bytes_]]:
    """Return the rows, and the names stored after them."""
    lengths = packed.lengths
    starts = packed.ends - lengths
    head = _row(0, is_named=True)
    first = packed.data[: head.itemsize].view(head)
    fixed = int(lengths[0]) - int(first["length"][0])
    rows = packed.data[starts[:, None] + np.arange(fixed)].view(_row((fixed - head.itemsize) // 4, is_named=True))[:, 0]
    longest = max(int(rows["length"].max()), 1)
    places = (starts + fixed)[:, None] + np.arange(longest)
    is_there = np.arange(longest) < rows["length"][:, None]
    texts = np.zeros((len(packed), longest), np.uint8)
    texts[is_there] = packed.data[places[is_there]]
    return rows, texts.view(f"S{longest}")[:, 0]


def _row(width: int, *, is_named: bool = False) -> np.dtype[np.void]:
    length = [("length", "<u4")] if is_named else []
    return np.dtype([("point", "<u8"), ("key", "<u8"), *length, ("features", "<f4", (width,))])
