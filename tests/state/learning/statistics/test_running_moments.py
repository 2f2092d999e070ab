from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.learning.statistics.running_moments import RunningMoments
from tests.state.learning.cuts import CUTS, batches

FADING = st.sampled_from([0.5, 0.97, 0.999, 1.0])


def stream(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Three features with gaps, of which the last begins late and the first is far from 0; and weights."""
    rng = np.random.default_rng(seed)
    values = rng.normal([1e6, 0, -3], [1, 5, 1e-3], (rows, 3))
    values[rng.random((rows, 3)) < 0.2] = np.nan
    values[:40, 2] = np.nan
    values[rng.random(rows) < 0.02, 1] = np.inf
    return values, rng.choice([0.0, 0.5, 1.0, 2.0], rows)


def naive(values: np.ndarray, weights: np.ndarray, fading: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = values[weights > 0]
    weights = weights[weights > 0] * fading ** np.arange((weights > 0).sum() - 1, -1, -1.0)
    counts, means, variances = [], [], []
    for column in values.T:
        there = np.isfinite(column)
        counts.append(weights[there].sum())
        mean = np.average(column[there], weights=weights[there])
        means.append(mean)
        variances.append(np.average((column[there] - mean) ** 2, weights=weights[there]))
    return np.array(counts), np.array(means), np.array(variances)


@given(st.integers(0, 1000), FADING, st.integers(80, 700))
def test_moments_are_numpys_weighted_ones(seed: int, fading: float, rows: int) -> None:
    values, weights = stream(seed, 700)
    moments = RunningMoments(3, fading)
    before = moments.learn(values, weights)
    counts, means, variances = naive(values[:rows], weights[:rows], fading)
    found = (before.counts[rows], before.means[rows], before.variances[rows]) if rows < 700 else moments.now()
    if not isinstance(found, tuple):
        found = found.counts, found.means, found.variances
    # A row of weight 0 after the last learnt one fades nothing.
    assert found[0] == pytest.approx(counts, rel=1e-9)
    assert found[1] == pytest.approx(means, rel=1e-12)
    assert found[2] == pytest.approx(variances, rel=1e-6)


@given(st.integers(0, 1000), FADING, CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(seed: int, fading: float, cuts: list[int]) -> None:
    values, weights = stream(seed)
    whole, parts = RunningMoments(3, fading), RunningMoments(3, fading)
    before = whole.learn(values, weights)
    means, variances = [], []
    for batch in batches(cuts):
        found = parts.learn(values[batch], weights[batch])
        means.append(found.means)
        variances.append(found.variances)
        again = RunningMoments(3, fading)
        again.restore(parts.to_bytes())
        parts = again
    assert parts.to_bytes() == whole.to_bytes()
    assert np.concatenate(means).tobytes() == before.means.tobytes()
    assert np.concatenate(variances).tobytes() == before.variances.tobytes()


@given(CUTS)
def test_cutting_a_stream_of_wide_rows_changes_no_bit(cuts: list[int]) -> None:
    values = np.random.default_rng(0).normal(size=(300, 200))
    whole, parts = RunningMoments(200, 0.97), RunningMoments(200, 0.97)
    before = whole.learn(values, np.ones(300))
    means = [parts.learn(values[batch], np.ones(len(values[batch]))).means for batch in batches(cuts)]
    assert np.concatenate(means).tobytes() == before.means.tobytes()
    assert parts.to_bytes() == whole.to_bytes()


@given(st.integers(0, 1000), st.integers(80, 620))
def test_merged_streams_have_the_moments_of_all_rows(seed: int, cut: int) -> None:
    values, weights = stream(seed, 700)
    first, second = RunningMoments(3), RunningMoments(3)
    first.learn(values[:cut], weights[:cut])
    second.learn(values[cut:], weights[cut:])
    first.merge(second)
    counts, means, variances = naive(values, weights, 1.0)
    found = first.now()
    assert found.counts == pytest.approx(counts)
    assert found.means == pytest.approx(means, rel=1e-12)
    assert found.variances == pytest.approx(variances, rel=1e-6)


def test_merging_nothing_changes_nothing() -> None:
    values, weights = stream(0)
    moments = RunningMoments(3, 0.97)
    moments.learn(values, weights)
    before = moments.now()
    moments.merge(RunningMoments(3, 0.97))
    assert moments.now().counts == pytest.approx(before.counts)
    assert moments.now().variances == pytest.approx(before.variances)
    empty = RunningMoments(3)
    empty.merge(RunningMoments(3))
    assert np.isnan(empty.now().means).all()


@pytest.mark.parametrize("far", [0.0, 1e9, -1e15], ids=str)
def test_a_large_mean_costs_no_more_digits_than_its_own(far: float) -> None:
    values = far + np.random.default_rng(0).integers(0, 100, (2000, 1)).astype(np.float64)
    moments = RunningMoments(1)
    moments.learn(values, np.ones(2000))
    assert moments.now().variances == pytest.approx((values - far).var(), rel=1e-9)


def test_a_far_first_value_is_no_lasting_centre() -> None:
    values = np.random.default_rng(0).normal(size=(5000, 1))
    values[0] = 1e7
    moments = RunningMoments(1, 0.9)
    moments.learn(values, np.ones(5000))
    assert moments.now().variances == pytest.approx(naive(values, np.ones(5000), 0.9)[2], rel=1e-9)


def test_a_feature_long_gone_is_forgotten() -> None:
    values = np.full((3000, 1), np.nan)
    values[:10, 0] = np.arange(10)
    moments = RunningMoments(1, 0.5)
    moments.learn(values, np.ones(3000))
    assert np.isnan(moments.now().means).all()
    moments.learn(np.array([[5.0], [7.0]]), np.ones(2))
    assert moments.now().means == pytest.approx([19 / 3])


def test_moments_of_others_are_refused() -> None:
    message = r"moments: expected 3 features that fade by 1.0, got {} that fade by {}; start without them"
    with pytest.raises(ValueError, match=message.format(2, 1.0)):
        RunningMoments(3).merge(RunningMoments(2))
    with pytest.raises(ValueError, match=message.format(3, 0.9)):
        RunningMoments(3).restore(RunningMoments(3, 0.9).to_bytes())
