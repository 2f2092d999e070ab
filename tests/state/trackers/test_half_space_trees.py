from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from state.trackers.half_space_trees import HalfSpaceTrees, HalfSpaceTreesSettings
from state.trackers.half_spaces import HalfSpaces, draw_half_spaces

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))
ROWS = np.array(RIVER["rows"])
TIMES = np.arange(len(ROWS))


def rivers_trees() -> HalfSpaceTrees:
    given = RIVER["settings"]
    spaces = HalfSpaces(
        np.array([tree["dimension"] for tree in RIVER["trees"]]),
        np.array([tree["bound"] for tree in RIVER["trees"]]),
        ROWS.shape[1],
    )
    return HalfSpaceTrees(HalfSpaceTreesSettings(given["n_trees"], given["height"], given["window_size"]), spaces)


def test_scores_are_rivers_over_the_same_trees() -> None:
    scores = rivers_trees().follow(TIMES, ROWS)[:, 0]
    window = RIVER["settings"]["window_size"]
    assert np.isnan(scores[:window]).all()
    np.testing.assert_allclose(scores[window:], RIVER["scores"][window:], rtol=1e-12)


def test_rows_with_a_missing_value_are_neither_scored_nor_learnt() -> None:
    gaps = ROWS.copy()
    gaps[10::7, 1] = np.nan
    is_whole = np.isfinite(gaps).all(axis=1)
    scores = rivers_trees().follow(TIMES, gaps)
    assert np.isnan(scores[~is_whole]).all()
    np.testing.assert_array_equal(scores[is_whole], rivers_trees().follow(TIMES[is_whole], gaps[is_whole]))


def test_score_of_two_levels_is_what_the_definition_says() -> None:
    # One tree that halves 0..1 at 0.5; a window of 20 rows, 15 of them below.
    halves = HalfSpaces(np.zeros((1, 1), np.int64), np.array([[0.5]]), 1)
    forest = HalfSpaceTrees(HalfSpaceTreesSettings(trees=1, height=1, window=20), halves)
    first = np.array([0.0, 1.0, *[0.1] * 14, *[0.9] * 4])[:, None]
    forest.follow(np.arange(20), first)
    scores = forest.follow(np.arange(2), np.array([[0.2], [0.8]]))[:, 0]
    # Masses 20 at the root, and 15 or 5 below it, which weigh twice, of 20 * (1 + 2).
    assert scores == pytest.approx([1 - (20 + 2 * 15) / 60, 1 - (20 + 2 * 5) / 60])


def test_work_space_holds_the_unit_cube_and_nodes_halve_it() -> None:
    spaces = draw_half_spaces(50, 1, 1, seed=3)
    # The centre s lies in 0..1, and the work space is as long on both sides of it: its middle is s.
    assert ((spaces.bound > 0) & (spaces.bound < 1)).all()
    deeper = draw_half_spaces(50, 2, 1, seed=3)
    np.testing.assert_array_equal(deeper.bound[:, 0], spaces.bound[:, 0])
    reach = 2 * np.maximum(spaces.bound[:, 0], 1 - spaces.bound[:, 0])
    np.testing.assert_allclose(deeper.bound[:, 1], deeper.bound[:, 0] - reach / 2, atol=1e-12)
    np.testing.assert_allclose(deeper.bound[:, 2], deeper.bound[:, 0] + reach / 2, atol=1e-12)


def test_same_seed_draws_the_same_trees() -> None:
    first, again, other = (draw_half_spaces(3, 4, 5, seed) for seed in (1, 1, 2))
    assert first is again
    np.testing.assert_array_equal(draw_half_spaces.__wrapped__(3, 4, 5, 1).bound, first.bound)
    assert (first.bound != other.bound).any()


def test_odd_rows_score_higher() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(0, 1, (2000, 3))
    odd = np.arange(700, 2000, 100)
    rows[odd] += 5
    scores = HalfSpaceTreesSettings().start(3).follow(np.arange(2000), rows)[:, 0]
    usual = np.setdiff1d(np.arange(700, 2000), odd)
    assert np.median(scores[odd]) > np.quantile(scores[usual], 0.99)


def test_state_of_another_forest_is_refused() -> None:
    small = HalfSpaceTreesSettings(trees=2, height=3).start(2)
    with pytest.raises(ValueError, match="expected the state of 765 nodes, got one of 30; start without it"):
        HalfSpaceTreesSettings(trees=3, height=7).start(2).restore(small.snapshot())


def test_state_of_longer_windows_or_wider_rows_is_refused() -> None:
    rows = np.zeros((30, 2))
    tracker = HalfSpaceTreesSettings(trees=2, height=3, window=40).start(2)
    tracker.follow(np.arange(30), rows)
    with pytest.raises(ValueError, match="expected fewer than 20 rows of a window, got 30 of a longer one; start"):
        HalfSpaceTreesSettings(trees=2, height=3, window=20).start(2).restore(tracker.snapshot())
    with pytest.raises(ValueError, match="range: expected the state of 3 values a row, got one of 2; start without it"):
        HalfSpaceTreesSettings(trees=2, height=3, window=40).start(3).restore(tracker.snapshot())
