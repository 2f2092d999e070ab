from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from state.experiments.auc import ScoreCounts
from tests.state.experiments.delong import EDGES, delong, sample


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=80))
def test_area_is_scikit_learns_of_rounded_scores(rows: list[tuple[float, int]]) -> None:
    scores, labels = (np.array(column) for column in zip(*rows, strict=True))
    assume(0 < labels.sum() < labels.size)
    golden = roc_auc_score(labels, np.searchsorted(EDGES, scores))
    assert ScoreCounts.from_scores(scores, labels).area == pytest.approx(golden, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(8, 120))
def test_variance_is_delongs_over_all_pairs_of_rounded_scores(seed: int, n: int) -> None:
    score, _, labels = sample(seed, n)
    assume(2 <= labels.sum() <= n - 2)
    areas, covariance = delong(labels, np.searchsorted(EDGES, score))
    found = ScoreCounts.from_scores(score, labels)
    assert found.area == pytest.approx(areas[0])
    assert found.variance == pytest.approx(covariance[0, 0], abs=1e-12)


@pytest.mark.parametrize("shift", [-4.0, 0.0], ids=["rare scores", "all scores"])
def test_rounding_hardly_moves_area_and_variance(shift: float) -> None:
    score, _, labels = sample(1, 4000)
    scores = 1 / (1 + np.exp(-(np.log(score / (1 - score)) + shift)))
    areas, covariance = delong(labels, scores)
    found = ScoreCounts.from_scores(scores, labels)
    assert found.area == pytest.approx(roc_auc_score(labels, scores), abs=1e-4)
    assert found.area == pytest.approx(areas[0], abs=1e-4)
    assert found.variance == pytest.approx(covariance[0, 0], rel=1e-3)


def test_parts_add_up_to_the_whole() -> None:
    candidate, current, labels = sample(5, 300)
    parts = [ScoreCounts.from_scores(candidate[part], labels[part]) for part in (slice(0, 100), slice(100, 300))]
    assert ((parts[0] + parts[1]).counts == ScoreCounts.from_scores(candidate, labels).counts).all()
    pairs = [
        ScoreCounts.from_pairs(candidate[part], current[part], labels[part]) for part in (slice(0, 9), slice(9, 300))
    ]
    assert ((pairs[0] + pairs[1]).counts == ScoreCounts.from_pairs(candidate, current, labels).counts).all()


def test_without_both_labels_nothing_is_known() -> None:
    counts = ScoreCounts.from_scores([0.1, 0.2], [0, 0])
    assert math.isnan(counts.area)
    assert math.isnan(counts.variance)


@pytest.mark.parametrize("kind", ["one model", "two models"])
def test_packed_and_unpacked_they_are_the_same(kind: str) -> None:
    candidate, current, labels = sample(6, 50)
    counts = (
        ScoreCounts.from_scores(candidate, labels)
        if kind == "one model"
        else ScoreCounts.from_pairs(candidate, current, labels)
    )
    assert counts.pack().size <= 4 + 2 * 50
    assert (ScoreCounts.unpack(counts.pack()).counts == counts.counts).all()


@pytest.mark.parametrize(
    ("scores", "labels"), [([1.2], [1]), ([math.nan], [1]), ([0.5], [2]), ([0.5], [1, 0])], ids=str
)
def test_rows_that_cannot_be_counted_are_refused(scores: list[float], labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"auc: expected a score 0\.\.1 and a label 0 or 1 for each row, got others"):
        ScoreCounts.from_scores(scores, labels)


def test_other_cells_and_formats_are_refused() -> None:
    counts = ScoreCounts.from_scores([0.5], [1])
    with pytest.raises(
        ValueError, match=r"auc: expected counts over the same cells, got shapes \(2, 1000\) and \(2, 9\)"
    ):
        counts + ScoreCounts.from_scores([0.5], [1], cells=9)
    with pytest.raises(ValueError, match="auc: expected packed counts of version 1, got"):
        ScoreCounts.unpack([2.0, 1.0, 9.0, 0.0])
