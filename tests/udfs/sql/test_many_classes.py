"""A classifier of many classes, of which samples of its answers show a part alone."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from models.inspect import spec_from_file
from models.lifecycle import register
from models.recipes.scikit_learn import to_onnx
from models.registry import local_registry
from udfs.sql.classes import ClassOptions, classes_of
from udfs.sql.named_models import NamedModels
from udfs.sql.options import SqlOptions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2000, 3)).astype(np.float32)
TARGETS = {
    "texts": np.array([f"class {number:02}" for number in range(50)])[RNG.integers(0, 50, 2000)],
    "numbers from 100": RNG.integers(100, 150, 2000),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_each_class_has_its_own_score_and_name(kind: str, tmp_path: Path) -> None:
    model = LogisticRegression(max_iter=20).fit(X, TARGETS[kind])
    pd.DataFrame(X, columns=list("abc")).to_parquet(tmp_path / "features.parquet")
    joblib.dump(model, tmp_path / "m.joblib")
    registry = local_registry(tmp_path / "registry")
    spec = register(registry, tmp_path / "m.joblib", "m", "1", features=tmp_path / "features.parquet")
    assert spec.classes == tuple(map(str, model.classes_))

    models = NamedModels(SqlOptions(str(tmp_path / "registry")))
    for row in X[:3]:
        ((_, found),) = models.score_each("gress_score", "m", [np.array([value]) for value in row])
        want = dict(zip(map(str, model.classes_), model.predict_proba([row])[0], strict=True))
        assert not isinstance(found, str)
        every = {label: score for label, score, *_ in classes_of(found, ClassOptions())}
        assert every == pytest.approx(want, abs=1e-6)
        best = [label for label, *_ in classes_of(found, ClassOptions(top_k=3))]
        assert best == sorted(want, key=lambda label: -want[label])[:3]
    models.close()


def test_classes_that_nobody_named_have_no_wrong_names(tmp_path: Path) -> None:
    model = LogisticRegression(max_iter=20).fit(X, TARGETS["numbers from 100"])
    to_onnx(model, tuple("abc"), tmp_path / "m.onnx")
    registry = local_registry(tmp_path / "registry")
    spec = spec_from_file(tmp_path / "m.onnx", "m", "1.0.0", feature_columns=tuple("abc"))
    assert spec.classes is None
    registry.publish(spec, tmp_path / "m.onnx")
    models = NamedModels(SqlOptions(str(tmp_path / "registry")))
    ((_, found),) = models.score_each("gress_score", "m$1.0.0", [np.array([value]) for value in X[0]])
    models.close()
    assert not isinstance(found, str)
    labels = [label for label, *_ in classes_of(found, ClassOptions())]
    assert labels == [str(model.predict([X[0]])[0]), *[None] * 49]
