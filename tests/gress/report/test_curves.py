from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from gress.report.curves import calibrate, precision_recall_curve, roc_curve

Labelled = tuple[NDArray[np.bool_], NDArray[np.float64]]


def _labelled(count: int, decimals: int) -> Labelled:
    rng = np.random.default_rng(count)
    labels = rng.random(count) < 0.1
    scores = 1 / (1 + np.exp(-rng.normal(-2, 1, count) - 2.5 * labels))
    return labels, scores.round(decimals)


@pytest.fixture(params=[(300, 9), (300, 1), (40_000, 9)], ids=["few", "ties", "many"])
def labelled(request: pytest.FixtureRequest) -> Labelled:
    return _labelled(*request.param)


def test_roc_is_that_of_scikit_learn(labelled: Labelled) -> None:
    found = roc_curve(*labelled, points=10**9)
    x, y, _ = metrics.roc_curve(*labelled, drop_intermediate=False)
    np.testing.assert_allclose(found.x, x)
    np.testing.assert_allclose(found.y, y)


def test_precision_and_recall_are_those_of_scikit_learn(labelled: Labelled) -> None:
    found = precision_recall_curve(*labelled, points=10**9)
    precision, recall, _ = metrics.precision_recall_curve(*labelled)
    np.testing.assert_allclose(found.x, recall[-2::-1])  # from the highest threshold, without the added (0, 1)
    np.testing.assert_allclose(found.y, precision[-2::-1])


def test_thinned_roc_holds_few_of_its_own_points() -> None:
    labels, scores = _labelled(40_000, 9)
    found = roc_curve(labels, scores)
    x, y, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    assert 300 < len(found.x) <= 500
    assert {*zip(found.x, found.y, strict=True)} <= {*zip(x, y, strict=True)}
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0, 0, 1, 1)
    assert metrics.auc(found.x, found.y) == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-3)


def test_thinned_precision_and_recall_still_sum_up_to_average_precision() -> None:
    labels, scores = _labelled(40_000, 9)
    found = precision_recall_curve(labels, scores)
    assert len(found.x) <= 500
    drawn = (np.diff(found.x, prepend=0) * found.y).sum()
    assert drawn == pytest.approx(metrics.average_precision_score(labels, scores), abs=5e-3)


def test_calibration_is_that_of_scikit_learn(labelled: Labelled) -> None:
    found = calibrate(*labelled)
    share, score = calibration_curve(*labelled, n_bins=10, strategy="uniform")
    np.testing.assert_allclose(found.share, share)
    np.testing.assert_allclose(found.score, score)
    assert found.rows.sum() == len(labelled[0])


def test_intervals_of_calibration_are_those_of_scipy(labelled: Labelled) -> None:
    found = calibrate(*labelled)
    for share, rows, low, high in zip(found.share, found.rows, found.low, found.high, strict=True):
        wanted = binomtest(round(share * rows), int(rows)).proportion_ci(0.95, method="wilson")
        assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
