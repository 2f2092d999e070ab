"""Samples that wait for their label as bytes: they come back whole, with the keys of any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.sliding.rows import Column
from udfs.labels.job_labels import LABEL
from udfs.labels.prediction_parts import PREDICTION, SAMPLE, TIME
from udfs.labels.settings import AGE
from udfs.learning.sample_bytes import sample_bytes, samples_of_pairs
from udfs.windows.parts import Block
from udfs.windows.texts import Texts

KEYS = st.lists(st.text(max_size=20).map(lambda text: text.replace("\0", "").encode()), min_size=1, max_size=12)


def block(packed: Texts, targets: NDArray[np.float64]) -> Block:
    size = len(packed)
    numbers = {TIME: np.arange(size), AGE[0][0]: np.full(size, 7), PREDICTION: np.full(size, 0.5), LABEL: targets}
    return Block({SAMPLE: packed, **{name: Column(values) for name, values in numbers.items()}}, size)


@pytest.mark.parametrize("width", [1, 4])
@given(keys=KEYS)
def test_samples_come_back_with_their_keys(width: int, keys: list[bytes]) -> None:
    rng = np.random.default_rng(len(keys))
    size = len(keys)
    points, shards = rng.integers(0, 2**64, (2, size), np.uint64)
    features = rng.normal(size=(size, width)).astype(np.float32)
    packed = sample_bytes(points, shards, features, np.array(keys))
    # A block holds rows of several batches, in any order.
    order = rng.permutation(size)
    found = samples_of_pairs(block(packed.take(order), np.ones(size)), 0.0, is_keyed=True)
    assert found.names is not None
    assert found.names.tolist() == [keys[place] for place in order]
    np.testing.assert_array_equal(found.points, points[order])
    np.testing.assert_array_equal(found.keys, shards[order])
    np.testing.assert_array_equal(found.features, features[order])
    assert (found.known == found.times + 7).all()


def test_samples_without_keys_are_as_before() -> None:
    points = np.array([3, 2**63], np.uint64)
    packed = sample_bytes(points, points, np.ones((2, 3)))
    assert packed.lengths.tolist() == [28, 28]
    found = samples_of_pairs(block(packed, np.array([1.0, 0.0])), 0.0)
    assert found.names is None
    assert found.features.shape == (2, 3)
    assert found.points.tolist() == points.tolist()
