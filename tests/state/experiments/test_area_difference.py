from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from state.experiments.area_difference import area_difference, paired_area_difference
from state.experiments.auc import ScoreCounts
from tests.state.experiments.delong import EDGES, JOINT_EDGES, delong, sample


def test_difference_of_two_arms_adds_their_variances() -> None:
    (a, _, labels_a), (b, _, labels_b) = sample(2, 900, shift=0.5), sample(3, 3000, shift=2.5)
    found = area_difference(ScoreCounts.from_scores(a, labels_a), ScoreCounts.from_scores(b, labels_b))
    golden = [delong(labels, np.searchsorted(EDGES, score)) for score, labels in ((a, labels_a), (b, labels_b))]
    assert found.difference == pytest.approx(golden[0][0][0] - golden[1][0][0])
    # The smaller arm is the one that varies more, so its own spread is the larger.
    assert found.se == pytest.approx(math.sqrt(golden[0][1][0, 0] + golden[1][1][0, 0]))


def test_few_rows_without_an_error_borrow_the_spread_of_the_many() -> None:
    score, _, labels = sample(7, 5000)
    many, few = ScoreCounts.from_scores(score, labels), ScoreCounts.from_scores([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert few.variance == 0
    golden, cells = 0.0, np.searchsorted(EDGES, score)
    wins = np.sign(cells[labels == 1, np.newaxis] - cells[labels == 0]) / 2
    for axis in (0, 1):
        placed = wins.mean(axis=axis)
        golden += placed.var() * (1 / 2 + 1 / placed.size)
    assert area_difference(few, many).se ** 2 == pytest.approx(golden, rel=1e-9)


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


def test_without_both_labels_nothing_is_known() -> None:
    alone = ScoreCounts.from_scores([0.1], [1])
    assert math.isnan(area_difference(alone, alone).se)
    assert math.isnan(paired_area_difference(ScoreCounts.from_pairs([0.1], [0.2], [1])).se)
