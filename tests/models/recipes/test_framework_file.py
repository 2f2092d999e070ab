"""Files of LightGBM and XGBoost register directly, and score as their frameworks do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.errors import ModelError
from models.lifecycle import register
from models.registry import local_registry
from models.scoring.loaded import load_model
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import COLUMNS, draw

DATA, OTHER = draw(), draw(seed=1)
TARGETS = ("binary", "multiclass", "regression")


@pytest.fixture(autouse=True)
def _frameworks():
    require("lightgbm", "xgboost", "onnxmltools")


@pytest.fixture
def features(tmp_path):
    path = tmp_path / "features.parquet"
    parquet.write_table(pa.table(dict(zip(COLUMNS, OTHER.rows.T, strict=True))), path)
    return path


def lightgbm_file(path, target, **params):
    import lightgbm

    more = {"num_class": 3} if target == "multiclass" else {}
    given = {"objective": target, "verbose": -1, "num_threads": 1, **more, **params}
    booster = lightgbm.train(given, lightgbm.Dataset(DATA.rows, DATA.targets[target]), 20)
    booster.save_model(path)
    return booster.predict(OTHER.rows)


def xgboost_file(path, target, **params):
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBRegressor if target == "regression" else XGBClassifier
    model = kind(n_estimators=20, n_jobs=1, **params).fit(DATA.rows, DATA.targets[target])
    model.save_model(path)
    if target == "regression":
        return model.predict(OTHER.rows)
    answers = model.predict_proba(OTHER.rows)
    return answers[:, 1] if target == "binary" else answers


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("suffix", "train"),
    [("txt", lightgbm_file), ("ubj", xgboost_file), ("json", xgboost_file)],
    ids=["txt", "ubj", "json"],
)
def test_file_registers_and_scores_as_the_framework(suffix, train, target, features, tmp_path):
    want = train(tmp_path / f"m.{suffix}", target)
    registry = local_registry(tmp_path / "registry")
    spec = register(registry, tmp_path / f"m.{suffix}", "m", "1", features=features)
    assert (spec.file, spec.task, spec.feature_columns) == ("model.onnx", target, COLUMNS)
    model = load_model(*registry.resolve("m"), feature_columns=COLUMNS)
    got = model.predict_matrix(OTHER.rows)
    model.close()
    np.testing.assert_allclose(got.scores if target == "multiclass" else got.prediction, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "expected boosting 'gbdt' or 'dart'"),
        ({"zero_as_missing": True}, "without zero_as_missing"),
        ({"objective": "poisson"}, "expected objective binary, .*, got 'poisson'"),
    ],
)
def test_boosters_that_the_converter_gets_wrong_are_refused(params, text, features, tmp_path):
    lightgbm_file(tmp_path / "m.txt", "binary", **params)
    with pytest.raises(ModelError, match=rf"m\.txt cannot be converted: Booster: .*{text}"):
        register(local_registry(tmp_path / "registry"), tmp_path / "m.txt", "m", "1", features=features)


def test_no_file_of_the_framework_is_one_line(features, tmp_path):
    for name in ("m.txt", "m.ubj", "m.json"):
        (tmp_path / name).write_text("<html></html>")
        with pytest.raises(ModelError, match=r"cannot be loaded: .*; save it again with its framework"):
            register(local_registry(tmp_path / "registry"), tmp_path / name, "m", "1", features=features)
