from __future__ import annotations

import numpy as np
import pytest

from state.sliding.rows import Column, Rows
from state.sliding.storage.shards import by_shard, shards_of

KEYS = {
    "integers": np.arange(64_000),
    "steps": np.arange(64_000) * 4096,
    "doubles": np.arange(64_000) / 8,
    "texts": np.array([f"card-{number}" for number in range(64_000)], object),
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("shards", [16, 48])
def test_keys_are_dealt_out_evenly(keys: np.ndarray, shards: int) -> None:
    counts = np.bincount(shards_of(Column(keys), shards), minlength=shards)
    assert len(counts) == shards
    assert counts.min() > 0.85 * 64_000 / shards
    assert counts.max() < 1.15 * 64_000 / shards


def test_shards_are_the_same_in_every_release() -> None:
    """Saved state is by shard. These are what the first release computed."""
    assert shards_of(Column(np.array([0, 1, -1, 2**63 - 1])), 128).tolist() == [0, 121, 3, 65]
    assert shards_of(Column(np.array([0.5, -0.0, np.nan])), 128).tolist() == [53, 3, 67]
    assert shards_of(Column(np.array(["", "a", "ü"], object)), 128).tolist() == [0, 6, 16]


def test_null_is_in_the_first_shard() -> None:
    nulls = np.array([True, False])
    assert shards_of(Column(np.array([7, 7]), nulls), 16).tolist() == [0, 4]
    assert shards_of(Column(np.array([None, "a"], object), nulls), 16).tolist()[0] == 0


def test_each_row_is_in_one_shard_in_its_order() -> None:
    keys = np.random.default_rng(1).integers(0, 50, 500)
    rows = Rows(np.arange(500), Column(keys))
    found = dict(by_shard(rows, 16))
    assert sorted(place for places in found.values() for place in places.tolist()) == list(range(500))
    for shard, places in found.items():
        assert (np.diff(places) > 0).all()
        assert set(shards_of(Column(keys[places]), 16).tolist()) == {shard}
