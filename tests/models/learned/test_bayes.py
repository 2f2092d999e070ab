from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from models.errors import ModelError
from models.learned.bayes import LearnedBayes
from tests.models.learned.samples import bayes


@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_are_those_of_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(400, 3)) * [1, 20, 0.2]
    target = np.digitize(rows[:, 0] + rng.normal(size=400), np.linspace(-1, 1, classes - 1))
    known = GaussianNB().fit(rows, target)
    names = tuple("abcd"[:classes])
    model = LearnedBayes(("x", "y", "z"), names, known.theta_, known.var_, np.log(known.class_prior_))
    wanted = known.predict_proba(rows)
    np.testing.assert_allclose(model.scores(rows), wanted, rtol=0, atol=1e-12)
    served = wanted[:, 1] if classes == 2 else wanted.max(axis=1)
    np.testing.assert_allclose(model.predict(rows), served, rtol=0, atol=1e-12)


def test_a_missing_value_counts_as_if_there_were_no_such_feature() -> None:
    whole = bayes()
    without = bayes(features=whole.features[1:], means=whole.means[:, 1:], variances=whole.variances[:, 1:])
    rows = np.array([[np.nan, 38, 7], [np.nan, 33, 6]])
    np.testing.assert_allclose(whole.scores(rows), without.scores(rows[:, 1:]), atol=1e-15)
    assert whole.scores(np.full((1, 3), np.nan))[0].tolist() == pytest.approx([0.9, 0.1])


def test_variances_of_zero_are_refused() -> None:
    with pytest.raises(ModelError, match=r"^learnt model: variances expected numbers > 0, got 0 at \(1, 2\)$"):
        bayes(variances=[[1, 1, 1], [1, 1, 0]])


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(ModelError, match=r"^learnt model: means expected shape \(2, 3\), got \(3, 2\)$"):
        bayes(means=np.ones((3, 2)))
