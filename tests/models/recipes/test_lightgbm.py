from __future__ import annotations

import pytest

from models.inspect import spec_from_file
from models.recipes.lightgbm import to_onnx
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import COLUMNS, assert_scores_alike, draw

DATA, GAPS = draw(), draw(missing=0.1)


@pytest.fixture(autouse=True)
def _frameworks():
    require("lightgbm", "onnxmltools")


def fit(target, rows, **settings):
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMRegressor if target == "regression" else LGBMClassifier
    return kind(n_estimators=30, verbose=-1, n_jobs=1, **settings).fit(rows, DATA.targets[target])


@pytest.mark.parametrize("target", ["binary", "multiclass", "text", "regression"])
@pytest.mark.parametrize("trained_on", [DATA, GAPS], ids=["whole", "gaps"])
@pytest.mark.parametrize("scored", [DATA, GAPS], ids=["whole", "gaps"])
def test_file_scores_as_the_model(target, trained_on, scored, tmp_path):
    model = fit(target, trained_on.rows)
    path = tmp_path / "m.onnx"
    to_onnx(model, COLUMNS, path, check=scored.rows)
    assert_scores_alike(path, model, scored.rows)
    task = {"text": "binary", "regression": "unknown"}.get(target, target)
    assert spec_from_file(path, "m", "1").task == task


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie", "quantile", "huber", "mae"])
def test_objectives_of_regression(objective, tmp_path):
    model = fit("regression", DATA.rows, objective=objective)
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)
    assert_scores_alike(tmp_path / "m.onnx", model, DATA.rows)


def test_model_of_a_data_frame_knows_its_columns(tmp_path):
    import pandas as pd

    names = ("the amount", *COLUMNS[1:])  # the blank becomes an underscore in LightGBM
    model = fit("binary", pd.DataFrame(DATA.rows, columns=list(names)))
    to_onnx(model, names, tmp_path / "m.onnx", check=DATA.rows)
    with pytest.raises(ValueError, match="LGBMClassifier: expected column 0 to be 'the_amount', got 'count'"):
        to_onnx(model, names[::-1], tmp_path / "m.onnx")


def test_forest_is_refused(tmp_path):
    model = fit("binary", DATA.rows, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5)
    with pytest.raises(ValueError, match="LGBMClassifier: expected boosting_type 'gbdt' or 'dart', got 'rf'"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")


def test_zeros_that_mean_missing_are_refused(tmp_path):
    model = fit("binary", DATA.rows, zero_as_missing=True)
    with pytest.raises(ValueError, match="LGBMClassifier: expected zero_as_missing=False, got True"):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")
