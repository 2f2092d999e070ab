"""Models as their frameworks save them: converted, compared, registered."""

from __future__ import annotations

import importlib.util
import pickle
import re
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.errors import ModelError
from models.lifecycle import register
from models.registry import Registry
from models.scoring.loaded import load_model
from models.scoring.sessions import SessionPool

RNG = np.random.default_rng(5)
X = RNG.normal(size=(200, 3)).astype(np.float32)
Y = (X[:, 0] > X[:, 1]).astype(int)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    path = tmp_path / "features.parquet"
    parquet.write_table(pa.table(dict(zip("abc", X.T, strict=True))), path)
    return path


def served(registry: Registry) -> np.ndarray:
    model = load_model(*registry.resolve("m"), feature_columns=("a", "b", "c"), sessions=SessionPool())
    prediction = model.predict_matrix(X).prediction
    model.close()
    return prediction


@pytest.mark.parametrize(
    ("estimator", "target", "task"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), Y, "binary"),
        (GradientBoostingClassifier(n_estimators=5), Y, "binary"),
        (GradientBoostingRegressor(n_estimators=5), X[:, 0] * 2, "regression"),
    ],
    ids=["pipeline", "trees", "value"],
)
@pytest.mark.parametrize("suffix", ["joblib", "pkl"])
def test_estimators_register_directly(
    suffix: str, estimator: Any, target: np.ndarray, task: str, registry: Registry, features: Path, tmp_path: Path
) -> None:
    estimator.fit(X, target)
    path = tmp_path / f"model.{suffix}"
    joblib.dump(estimator, path) if suffix == "joblib" else path.write_bytes(pickle.dumps(estimator))
    spec = register(registry, path, "m", "1", features=features)
    assert (spec.file, spec.task, spec.feature_columns) == ("model.onnx", task, ("a", "b", "c"))
    want = estimator.predict_proba(X)[:, 1] if task == "binary" else estimator.predict(X)
    np.testing.assert_allclose(served(registry), want, rtol=1e-5, atol=1e-6)


def test_columns_are_those_that_the_estimator_names(registry: Registry, tmp_path: Path) -> None:
    import pandas as pd

    rows = pd.DataFrame({"label": Y, "b": X[:, 1], "a": X[:, 0], "c": X[:, 2]})
    rows.to_parquet(tmp_path / "rows.parquet")
    joblib.dump(LogisticRegression().fit(rows[["a", "b", "c"]], Y), tmp_path / "m.joblib")
    spec = register(registry, tmp_path / "m.joblib", "m", "1", features=tmp_path / "rows.parquet")
    assert spec.feature_columns == ("a", "b", "c")


@pytest.mark.skipif(importlib.util.find_spec("lightgbm") is not None, reason="LightGBM is installed")
def test_without_the_framework_the_extra_is_named(registry: Registry, features: Path, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("tree\n")
    with pytest.raises(ModelError, match=r"m\.txt cannot be loaded without .*lightgbm.*; pip install 'gress-ml\[t"):
        register(registry, tmp_path / "m.txt", "m", "1", features=features)


def test_rows_are_asked_for(registry: Registry, tmp_path: Path) -> None:
    joblib.dump(LogisticRegression().fit(X, Y), tmp_path / "m.joblib")
    with pytest.raises(ModelError, match=r"is converted to ONNX, which needs rows .*; give them with --features FILE"):
        register(registry, tmp_path / "m.joblib", "m", "1")


def test_what_cannot_be_converted_is_one_line(registry: Registry, features: Path, tmp_path: Path) -> None:
    joblib.dump({"model": 1}, tmp_path / "m.joblib")
    with pytest.raises(ModelError, match=r"m\.joblib holds dict, expected a fitted estimator; save the estimator"):
        register(registry, tmp_path / "m.joblib", "m", "1", features=features)
    (tmp_path / "m.pkl").write_bytes(b"<html>")
    with pytest.raises(ModelError, match=r"m\.pkl cannot be loaded: .*; save it again with its framework"):
        register(registry, tmp_path / "m.pkl", "m", "1", features=features)
    joblib.dump(LogisticRegression().fit(X[:, :2], Y), tmp_path / "two.joblib")
    with pytest.raises(ModelError, match=r"two\.joblib cannot be converted: .*: expected 2 columns, got 3"):
        register(registry, tmp_path / "two.joblib", "m", "1", features=features)
    assert not registry.base.exists()


def test_an_estimator_of_another_version_is_refused(registry: Registry, features: Path, tmp_path: Path) -> None:
    import sklearn

    model = LogisticRegression().fit(X, Y)
    content = pickle.dumps(model).replace(sklearn.__version__.encode(), b"0" * len(sklearn.__version__))
    (tmp_path / "m.pkl").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.pkl cannot be loaded: .*version"):
        register(registry, tmp_path / "m.pkl", "m", "1", features=features)


def test_a_refusal_names_the_file_of_the_framework(registry: Registry, features: Path, tmp_path: Path) -> None:
    joblib.dump(LinearRegression().fit(X, X[:, :2]), tmp_path / "both.joblib")
    want = f"model file {tmp_path / 'both.joblib'} is a regression, but gave 2 values a row; expected 1"
    with pytest.raises(ModelError, match=f"^{re.escape(want)}$"):
        register(registry, tmp_path / "both.joblib", "m", "1", features=features)
