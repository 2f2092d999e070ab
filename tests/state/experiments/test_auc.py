from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from state.experiments.auc import ScoreCounts, area_difference, paired_area_difference

EDGES = 1 / (1 + np.exp(-np.linspace(-12, 12, 999)))
JOINT_EDGES = 1 / (1 + np.exp(-np.linspace(-12, 12, 127)))


def sample(seed: int, n: int, shift: float = 1.0) -> tuple[NDArray[np.float64], ...]:
    """Scores of two correlated models and labels."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(np.int64)
    shared = rng.normal(0, 1, n) + shift * labels
    scores = [1 / (1 + np.exp(2 - shared - rng.normal(0, noise, n))) for noise in (0.5, 0.8)]
    return scores[0], scores[1], labels


def delong(labels: NDArray[np.int64], *scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas and their covariance by comparing every positive with every negative, DeLong et al. 1988."""
    wins = []
    for score in scores:
        positives, negatives = score[labels == 1, np.newaxis], score[labels == 0]
        wins.append((positives > negatives) + 0.5 * (positives == negatives))
    ten, one = (np.stack([win.mean(axis=axis) for win in wins]) for axis in (1, 0))
    covariance = np.atleast_2d(np.cov(ten)) / ten.shape[1] + np.atleast_2d(np.cov(one)) / one.shape[1]
    return ten.mean(axis=1), covariance


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


def test_difference_of_two_arms_adds_their_variances() -> None:
    (a, _, labels_a), (b, _, labels_b) = sample(2, 900, shift=2.0), sample(3, 700)
    found = area_difference(ScoreCounts.from_scores(a, labels_a), ScoreCounts.from_scores(b, labels_b))
    golden = [delong(labels, np.searchsorted(EDGES, score)) for score, labels in ((a, labels_a), (b, labels_b))]
    assert found.difference == pytest.approx(golden[0][0][0] - golden[1][0][0])
    assert found.se == pytest.approx(math.sqrt(golden[0][1][0, 0] + golden[1][1][0, 0]))


@given(st.integers(0, 10_000), st.integers(8, 120))
def test_same_rows_have_delongs_covariance(seed: int, n: int) -> None:
    candidate, current, labels = sample(seed, n)
    assume(2 <= labels.sum() <= n - 2)
    areas, covariance = delong(labels, *(np.searchsorted(JOINT_EDGES, score) for score in (candidate, current)))
    found = paired_area_difference(ScoreCounts.from_pairs(candidate, current, labels))
    assert (found.treatment, found.control) == (pytest.approx(areas[0]), pytest.approx(areas[1]))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert found.se**2 == pytest.approx(variance, abs=1e-12)


def test_same_rows_tell_more_than_two_arms() -> None:
    candidate, current, labels = sample(4, 3000)
    alone = [ScoreCounts.from_scores(score, labels) for score in (candidate, current)]
    paired = paired_area_difference(ScoreCounts.from_pairs(candidate, current, labels))
    assert paired.se < 0.7 * area_difference(*alone).se
    assert paired.difference == pytest.approx(area_difference(*alone).difference, abs=2e-3)


def test_clock_is_that_of_an_even_split_of_labels() -> None:
    counts = ScoreCounts.from_scores(np.linspace(0, 1, 1000), np.arange(1000) < 10)
    assert area_difference(counts, counts).clock == pytest.approx(2 * 4 / (1 / 10 + 1 / 990))


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
    assert math.isnan(paired_area_difference(ScoreCounts.from_pairs([0.1], [0.2], [1])).se)


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
