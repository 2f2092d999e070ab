from __future__ import annotations

import pytest

from models.inspect import spec_from_file
from models.recipes.xgboost import to_onnx
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import COLUMNS, assert_scores_alike, draw

DATA, GAPS, OTHER = draw(), draw(missing=0.1), draw(seed=1)


@pytest.fixture(autouse=True)
def _frameworks():
    require("xgboost", "onnxmltools")


def fit(target, rows, *, n_estimators=30, eval_set=None, **settings):
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBRegressor if target == "regression" else XGBClassifier
    model = kind(n_estimators=n_estimators, n_jobs=1, **settings)
    return model.fit(rows, DATA.targets[target], eval_set=eval_set, verbose=False)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("trained_on", [DATA, GAPS], ids=["whole", "gaps"])
@pytest.mark.parametrize("scored", [DATA, GAPS], ids=["whole", "gaps"])
def test_file_scores_as_the_model(target, trained_on, scored, tmp_path):
    model = fit(target, trained_on.rows)
    path = tmp_path / "m.onnx"
    to_onnx(model, COLUMNS, path, check=scored.rows)
    assert_scores_alike(path, model, scored.rows)
    assert spec_from_file(path, "m", "1").task == target.replace("regression", "unknown")


@pytest.mark.parametrize(("target", "base_score"), [("binary", 0.1), ("regression", 42.0)])
def test_base_score_is_part_of_the_file(target, base_score, tmp_path):
    model = fit(target, DATA.rows, base_score=base_score)
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)
    assert_scores_alike(tmp_path / "m.onnx", model, DATA.rows)


@pytest.mark.parametrize("objective", ["count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror"])
def test_objectives_of_regression(objective, tmp_path):
    model = fit("regression", abs(DATA.rows), objective=objective)
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)
    assert_scores_alike(tmp_path / "m.onnx", model, DATA.rows)


@pytest.mark.parametrize("target", ["binary", "multiclass", "regression"])
def test_rounds_after_the_best_are_left_out(target, tmp_path):
    held_out = [(OTHER.rows, OTHER.targets[target])]
    model = fit(target, DATA.rows, n_estimators=300, eval_set=held_out, early_stopping_rounds=3)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    to_onnx(model, COLUMNS, tmp_path / "m.onnx", check=DATA.rows)
    assert_scores_alike(tmp_path / "m.onnx", model, DATA.rows)


def test_model_of_a_data_frame_keeps_its_names(tmp_path):
    import pandas as pd

    names = list(COLUMNS)
    model = fit("binary", pd.DataFrame(DATA.rows, columns=names))
    to_onnx(model, names, tmp_path / "m.onnx", check=DATA.rows)
    assert model.get_booster().feature_names == names
    with pytest.raises(ValueError, match="XGBClassifier: expected column 0 to be 'amount', got 'count'"):
        to_onnx(model, names[::-1], tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("target", "settings", "text"),
    [
        ("binary", {"booster": "dart"}, "expected booster 'gbtree', got 'dart'"),
        ("regression", {"booster": "gblinear"}, "expected booster 'gbtree', got 'gblinear'"),
        ("multiclass", {"num_parallel_tree": 2}, "expected num_parallel_tree=1, got 2"),
        ("multiclass", {"objective": "multi:softmax"}, "got 'multi:softmax'; train with 'multi:softprob'"),
        ("binary", {"missing": 0.0}, "expected missing=nan, got 0.0"),
    ],
    ids=["dart", "linear", "forest", "softmax", "missing"],
)
def test_what_the_converter_reads_wrongly_is_refused(target, settings, text, tmp_path):
    model = fit(target, DATA.rows, **settings)
    with pytest.raises(ValueError, match=text):
        to_onnx(model, COLUMNS, tmp_path / "m.onnx")
