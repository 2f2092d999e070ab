from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from xxhash import xxh64_intdigest

from state.learning.holdout import HoldoutRows, is_held_out
from tests.state.learning.cuts import CUTS, batches

RNG = np.random.default_rng(0)
POINTS = RNG.integers(0, 120, 300).astype(np.uint64)
ROWS = RNG.normal(size=(300, 3))
TARGETS = np.where(RNG.random(300) < 0.1, np.nan, RNG.normal(size=300))
TIMES = np.arange(300, dtype=np.int64)


def add(kept: HoldoutRows, batch: slice) -> None:
    kept.add(POINTS[batch], ROWS[batch], TARGETS[batch], TIMES[batch])


def test_share_of_ids_held_out_is_the_one_asked_for() -> None:
    points = np.array([xxh64_intdigest(f"holdout.{i}".encode()) for i in range(20_000)], np.uint64)
    held = int(is_held_out(points, 0.05).sum())
    assert stats.binomtest(held, 20_000, 0.05).pvalue > 0.001


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_the_same_rows_and_more(points: list[int], one: float, other: float) -> None:
    column = np.array(points, np.uint64)
    smaller, larger = sorted([one, other])
    assert not (is_held_out(column, smaller) & ~is_held_out(column, larger)).any()


@pytest.mark.parametrize(("share", "held"), [(0.0, [False, False]), (1.0, [True, True])], ids=["none", "all"])
def test_ends_of_the_share(share: float, held: list[bool]) -> None:
    assert is_held_out(np.array([0, 2**64 - 1], np.uint64), share).tolist() == held


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"holdout: expected a share 0..1, got {share}; 0.05 holds out"):
        is_held_out(np.zeros(1, np.uint64), share)


@given(st.integers(0, 300), st.integers(1, 150))
def test_newest_rows_are_kept_each_with_its_latest_target(rows: int, capacity: int) -> None:
    golden: list[tuple[int, int]] = []  # point, row
    for row in range(rows):
        if np.isnan(TARGETS[row]):
            continue
        point = int(POINTS[row])
        known = [i for i, (other, _) in enumerate(golden) if other == point]
        if known:
            golden[known[0]] = (point, row)
        else:
            golden = [*golden, (point, row)][-capacity:]
    kept = HoldoutRows(capacity, 3)
    add(kept, slice(rows))
    found = [row for _, row in golden]
    assert kept.points.tolist() == [point for point, _ in golden]
    assert kept.times_ms.tolist() == found
    assert kept.targets.tolist() == TARGETS[found].tolist()
    assert kept.rows.tolist() == ROWS[found].astype(np.float32).tolist()
    assert len(kept) == len(golden)


@given(CUTS, st.integers(1, 150))
def test_cutting_the_stream_and_restoring_changes_no_bit(cuts: list[int], capacity: int) -> None:
    whole, parts = HoldoutRows(capacity, 3), HoldoutRows(capacity, 3)
    add(whole, slice(300))
    for batch in batches(cuts):
        add(parts, batch)
        again = HoldoutRows(capacity, 3)
        again.restore(parts.to_bytes())
        parts = again
    assert parts.to_bytes() == whole.to_bytes()


@given(st.integers(0, 60), st.integers(0, 299))
def test_forgotten_rows_are_the_oldest(forgotten: int, cut: int) -> None:
    kept = HoldoutRows(50, 3)
    add(kept, slice(cut))
    points = kept.points.tolist()
    kept.forget(forgotten)
    assert kept.points.tolist() == points[forgotten:]
    again = HoldoutRows(50, 3)
    again.restore(kept.to_bytes())
    for each in (kept, again):
        add(each, slice(cut, 300))
    assert again.to_bytes() == kept.to_bytes()


def test_missing_features_stay_missing() -> None:
    kept = HoldoutRows(1, 2)
    kept.add(np.zeros(1, np.uint64), np.array([[np.nan, 1.0]]), np.ones(1), np.zeros(1, np.int64))
    assert np.isnan(kept.rows).tolist() == [[True, False]]


def test_less_room_keeps_the_newest() -> None:
    kept, smaller = HoldoutRows(50, 3), HoldoutRows(10, 3)
    add(kept, slice(300))
    smaller.restore(kept.to_bytes())
    assert smaller.points.tolist() == kept.points[-10:].tolist()


def test_state_is_24_bytes_a_row_and_4_a_feature() -> None:
    kept = HoldoutRows(50, 3)
    add(kept, slice(300))
    assert len(kept.to_bytes()) == 50 * (24 + 4 * 3) + 30


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="holdout: expected room for 1 row or more, got 0; 1000 rows"):
        HoldoutRows(0, 3)
    with pytest.raises(ValueError, match="holdout: expected rows of 3 features, got 4; start without them"):
        HoldoutRows(5, 3).restore(HoldoutRows(5, 4).to_bytes())
