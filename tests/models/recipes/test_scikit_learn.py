from __future__ import annotations

import numpy as np
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.recipes.scikit_learn import to_onnx
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import COLUMNS, assert_scores_alike, draw

DATA, GAPS = draw(), draw(missing=0.1)


@pytest.fixture(autouse=True)
def _frameworks():
    require("sklearn", "skl2onnx")


def linear(task):
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge() if task == "regression" else LogisticRegression())


def forest(task):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return kind(n_estimators=20, random_state=0)


def boosting(task):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return kind(max_iter=20, random_state=0)


def network(task):
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = MLPRegressor if task == "regression" else MLPClassifier
    return make_pipeline(StandardScaler(), kind(hidden_layer_sizes=(8,), max_iter=100, random_state=0))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # the network need not be good
@pytest.mark.parametrize("target", ["binary", "multiclass", "text", "regression"])
@pytest.mark.parametrize("make", [linear, forest, boosting, network], ids=lambda make: make.__name__)
def test_file_scores_as_the_model(make, target, tmp_path):
    model = make(target).fit(DATA.rows, DATA.targets[target])
    path = tmp_path / "m.onnx"
    to_onnx(model, COLUMNS, path, check=DATA.rows)
    assert_scores_alike(path, model, DATA.rows)
    task = {"text": "binary", "regression": "unknown"}.get(target, target)
    assert spec_from_file(path, "m", "1").task == task  # what registering the file alone would find


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
def test_missing_values_take_the_way_they_were_trained_to(target, tmp_path):
    model = boosting(target).fit(GAPS.rows, GAPS.targets[target])
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=GAPS.rows)
    assert_scores_alike(tmp_path / "m.onnx", model, GAPS.rows)


def test_model_of_a_data_frame_knows_its_columns(tmp_path):
    import pandas as pd

    model = linear("binary").fit(pd.DataFrame(DATA.rows, columns=list(COLUMNS)), DATA.targets["binary"])
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)
    with pytest.raises(ValueError, match="Pipeline: expected column 0 to be 'amount', got 'count'; give those it was"):
        to_onnx(model, COLUMNS[::-1], tmp_path / "m.onnx")


def test_labels_that_are_whole_floats(tmp_path):
    model = linear("binary").fit(DATA.rows, DATA.targets["binary"].astype(float))
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)


def test_other_number_of_columns_is_refused(tmp_path):
    model = linear("binary").fit(DATA.rows, DATA.targets["binary"])
    with pytest.raises(ValueError, match="Pipeline: expected 4 columns, got 3; give those it was trained on, in order"):
        to_onnx(model, COLUMNS[:3], tmp_path / "m.onnx")


def test_classifier_without_probabilities_is_refused(tmp_path):
    from sklearn.linear_model import RidgeClassifier

    model = RidgeClassifier().fit(DATA.rows, DATA.targets["binary"])
    with pytest.raises(ValueError, match="RidgeClassifier: expected a classifier with predict_proba, got none; wrap"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_labels_that_are_booleans_are_refused(tmp_path):
    model = linear("binary").fit(DATA.rows, DATA.targets["binary"] == 1)
    with pytest.raises(ValueError, match="Pipeline: expected labels that are whole numbers or text, got array"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_outlier_detector_is_refused(tmp_path):
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(n_estimators=5).fit(DATA.rows)
    with pytest.raises(ValueError, match="IsolationForest: expected a classifier or a regressor, got neither"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_several_values_a_row_are_refused(tmp_path):
    model = linear("regression").fit(DATA.rows, DATA.rows[:, :2])
    with pytest.raises(ModelError, match=r"m\.onnx is a regression, but gave 2 values a row; expected 1"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_columns_picked_by_name_are_refused(tmp_path):
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(make_column_transformer(("passthrough", ["risk"])), Ridge())
    model.fit(pd.DataFrame(DATA.rows, columns=list(COLUMNS)), DATA.targets["regression"])
    with pytest.raises(ModelError, match="trained model Pipeline cannot be converted: Unable to find column name"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_check_refuses_a_file_that_scores_otherwise(tmp_path):
    """Single trees know where NaN goes, the converter does not."""
    from sklearn.tree import DecisionTreeClassifier

    model = DecisionTreeClassifier(max_depth=6, random_state=0).fit(GAPS.rows, GAPS.targets["binary"])
    path = tmp_path / "m.onnx"
    to_onnx(model, COLUMNS, path, check=np.nan_to_num(GAPS.rows))
    path.unlink()
    with pytest.raises(ModelError, match=r"m\.onnx answers .* for row \d+, its framework"):
        to_onnx(model, COLUMNS, path, check=GAPS.rows)
    assert not path.exists()
