"""Quality of the predictions of a group beside scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from udfs.features.errors import FeatureError
from udfs.sql_aggregates.evaluation import EVALUATION_COLUMNS, evaluate
from udfs.sql_aggregates.gathered_rows import gathered_rows

RANKING = {"auc", "average_precision"}
OF_CHANCES = {"log_loss", "brier", "calibration_ratio", "calibration_error"}
CHANCES = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
OUTCOMES = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), CHANCES), min_size=2, max_size=40).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@given(rows=OUTCOMES)
def test_figures_are_scikit_learns_ties_included(rows: list[tuple[float, float]]) -> None:
    labels, said = np.array(rows).T
    found = evaluate(labels, said)
    want = {
        "auc": metrics.roc_auc_score(labels, said),
        "average_precision": metrics.average_precision_score(labels, said),
        "log_loss": metrics.log_loss(labels, said),
        "brier": metrics.brier_score_loss(labels, said),
        "calibration_ratio": math.fsum(said) / labels.sum(),
    }
    assert {name: found[name] for name in want} == pytest.approx(want, rel=1e-12, abs=1e-12)
    assert (found["rows"], found["positives"], found["reason"]) == (len(labels), labels.sum(), None)


def test_calibration_error_is_the_mean_gap_of_fifteen_cells() -> None:
    said = np.random.default_rng(5).random(500)
    labels = (np.random.default_rng(6).random(500) < said**2).astype(float)
    cells = np.minimum((said * 15).astype(int), 14)
    gaps = [abs(labels[cells == cell].sum() - said[cells == cell].sum()) for cell in range(15)]
    assert evaluate(labels, said)["calibration_error"] == pytest.approx(sum(gaps) / 500, abs=1e-9)


def test_rows_without_label_or_prediction_are_skipped_and_counted() -> None:
    nothing = math.nan
    found = evaluate(np.array([0.0, 1.0, nothing, 1.0]), np.array([0.2, 0.9, 0.5, nothing]))
    assert (found["rows"], found["positives"], found["skipped"], found["auc"]) == (2, 1, 2, 1.0)


@pytest.mark.parametrize(
    ("labels", "predictions", "none", "reason"),
    [
        pytest.param([1, 1], [0.5, 0.7], RANKING, "all labels are 1", id="positives alone"),
        pytest.param([0, 0], [0.5, 0.7], {*RANKING, "calibration_ratio"}, "all labels are 0", id="negatives alone"),
        pytest.param([0, 1], [-2.0, 3.5], OF_CHANCES, "a prediction is -2, which is no chance", id="margins"),
        pytest.param([], [], RANKING | OF_CHANCES, "no row has both", id="no rows"),
    ],
)
def test_figures_that_cannot_be_had_are_none_with_the_reason(
    labels: list[float], predictions: list[float], none: set[str], reason: str
) -> None:
    found = evaluate(np.array(labels, float), np.array(predictions, float))
    assert {name for name, value in found.items() if value is None} == none
    assert found["reason"].startswith(reason)
    assert list(found) == [name for name, _ in EVALUATION_COLUMNS]


def test_a_label_of_another_class_is_an_error() -> None:
    with pytest.raises(FeatureError, match=r"^gress_evaluate: expected labels 0 or 1, got 2; map the classes to 0 and"):
        evaluate(np.array([0.0, 2.0]), np.array([0.1, 0.2]))


def test_a_label_of_another_class_is_an_error_where_its_prediction_is_missing() -> None:
    with pytest.raises(FeatureError, match="got -1"):
        evaluate(np.array([0.0, -1.0]), np.array([0.1, math.nan]))


def test_gathered_rows_are_a_matrix() -> None:
    assert gathered_rows("f", ("a", "b"), None).shape == gathered_rows("f", ("a", "b"), []).shape == (0, 2)
    np.testing.assert_array_equal(gathered_rows("f", ("a", "b"), [(True, 2), None]), [[1, 2], [math.nan] * 2])


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        pytest.param([(1, 2, 3)], r"^f: expected rows of 2 fields \(a, b\), got one of 3; gather", id="three"),
        pytest.param([(1, 0.5), (0, "x")], r"^f: expected numbers for 'b', got str; CAST it to DOUBLE", id="text"),
    ],
)
def test_rows_of_another_form_are_an_error(rows: list[tuple[object, ...]], error: str) -> None:
    with pytest.raises(FeatureError, match=error):
        gathered_rows("f", ("a", "b"), rows)


@pytest.mark.parametrize("values", [[0.5, 1.0], [None, "a"]], ids=["numbers", "texts"])
def test_values_that_are_no_rows_are_refused(values: list[object]) -> None:
    with pytest.raises(FeatureError, match=r"f: expected rows, got (float|str); gather them as ARRAY_AGG\(ROW"):
        gathered_rows("f", ("label", "prediction"), values)
