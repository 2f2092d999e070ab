"""Estimators of scikit-learn as ONNX: outputs of every form, inputs of every type."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tests.models.zoo.exhibits import Exhibit, Made, draw

_RNG = np.random.default_rng(3)
X = _RNG.normal(size=(200, 3)).astype(np.float32)
_SIGNAL = X @ np.array([1.0, -0.5, 0.25]) + 0.3 * _RNG.normal(size=200)
TARGETS = {
    "value": _SIGNAL,
    "two values": np.column_stack([_SIGNAL, -_SIGNAL]),
    "int": (_SIGNAL > 0).astype(int),
    "text": np.where(_SIGNAL > 0, "fraud", "ok"),
    "odd": np.where(_SIGNAL > 0, 10, -3),
    "three": np.digitize(_SIGNAL, [-0.5, 0.5]),
    "three texts": np.array(["high", "low", "middle"])[np.digitize(_SIGNAL, [-0.5, 0.5])],
}
_FLOATS = (("X", FloatTensorType([None, 3])),)
_OPSETS = {"": 17, "ai.onnx.ml": 3}
_GBC = partial(GradientBoostingClassifier, n_estimators=10, random_state=0)
_FOREST = partial(RandomForestClassifier, n_estimators=10, max_depth=4, random_state=0)


def _make(
    folder: Path,
    *,
    estimator: Callable[[], Any],
    target: str,
    answer: Callable[[Any], Any],
    types: Any = _FLOATS,
    **options: Any,
) -> Made:
    model = estimator()
    fitted = model.fit(X.astype(np.float64), TARGETS[target])
    onnx = convert_sklearn(
        fitted, "m", list(types), options={id(fitted): options} if options else None, target_opset=_OPSETS
    )
    path = folder / "model.onnx"
    path.write_bytes(onnx.SerializeToString())
    label = None
    if hasattr(fitted, "classes_"):
        label = lambda rows: fitted.predict(rows.astype(np.float64)).astype(str)  # noqa: E731
    return Made(path, lambda rows: answer(fitted)(rows.astype(np.float64)), label)


def _predicted(model: Any) -> Any:
    return model.predict


def _decided(model: Any) -> Any:
    return model.decision_function


def _last(model: Any) -> Any:
    return lambda rows: model.predict_proba(rows)[:, -1]


def _first(model: Any) -> Any:
    return lambda rows: model.predict_proba(rows)[:, 0]


def _top(model: Any) -> Any:
    return lambda rows: model.predict_proba(rows).max(axis=1)


def _values(estimator: Callable[[], Any]) -> Exhibit:
    return Exhibit(partial(_make, estimator=estimator, target="value", answer=_predicted), "regression")


def _classes(
    estimator: Callable[[], Any], target: str, zipmap: object, *, answer: Any = None, positive: str = "", **more: Any
) -> Exhibit:
    answer = answer or (_top if target.startswith("three") else _last)
    form = {True: "maps", False: "matrix", "columns": "columns"}[zipmap]  # type: ignore[index]
    options = {"roles": {"positive_class": positive}} if positive else {}
    make = partial(_make, estimator=estimator, target=target, answer=answer, zipmap=zipmap)
    return Exhibit(make, f"{target} classes as {form}", options, **more)


def _by_name(folder: Path) -> Made:
    """An input for each column, joined by a column transformer."""
    steps = ColumnTransformer([(name, "passthrough", [i]) for i, name in enumerate("abc")])
    fitted = make_pipeline(steps, LogisticRegression()).fit(X, TARGETS["int"])
    types = [(name, FloatTensorType([None, 1])) for name in "abc"]
    path = folder / "model.onnx"
    path.write_bytes(convert_sklearn(fitted, "m", types, target_opset=_OPSETS).SerializeToString())
    return Made(path, lambda rows: fitted.predict_proba(rows)[:, 1], lambda rows: fitted.predict(rows).astype(str))


_KMEANS = partial(KMeans, n_clusters=3, n_init=1, random_state=0)
_DOUBLES, _WHOLE = (("X", DoubleTensorType([None, 3])),), (("X", Int64TensorType([None, 3])),)
_LINEAR = partial(_make, estimator=LinearRegression, target="value", answer=_predicted)

EXHIBITS = {
    "linear": _values(LinearRegression),
    "ridge-pipeline": _values(lambda: make_pipeline(StandardScaler(), Ridge())),
    "boosted-regressor": _values(partial(GradientBoostingRegressor, n_estimators=10, random_state=0)),
    "forest-regressor": _values(partial(RandomForestRegressor, n_estimators=10, max_depth=4, random_state=0)),
    "network-regressor": _values(partial(MLPRegressor, hidden_layer_sizes=(4,), max_iter=50, random_state=0)),
    "two-targets": Exhibit(
        partial(_make, estimator=LinearRegression, target="two values", answer=_predicted),
        "regression of two values",
        refusal=r"gave 2 values a row and does not say what they are; say what: --task binary or --task multiclass",
    ),
    "int-maps": _classes(LogisticRegression, "int", True),
    "int-matrix": _classes(LogisticRegression, "int", False),
    "int-columns": _classes(LogisticRegression, "int", "columns"),
    "text-maps": _classes(LogisticRegression, "text", True),
    "text-matrix": _classes(LogisticRegression, "text", False),
    "text-columns": _classes(LogisticRegression, "text", "columns"),
    "fraud-maps": _classes(LogisticRegression, "text", True, answer=_first, positive="fraud"),
    "fraud-matrix": _classes(LogisticRegression, "text", False, answer=_first, positive="fraud"),
    "fraud-columns": _classes(LogisticRegression, "text", "columns", answer=_first, positive="fraud"),
    "no-such-class": _classes(
        LogisticRegression, "text", True, positive="theft", refusal="has classes fraud, ok, got positive class 'theft'"
    ),
    "odd-ints-columns": _classes(LogisticRegression, "odd", "columns"),
    "odd-ints-maps": _classes(LogisticRegression, "odd", True),
    "three-maps": _classes(LogisticRegression, "three", True),
    "three-matrix": _classes(LogisticRegression, "three", False),
    "three-columns": _classes(LogisticRegression, "three", "columns"),
    "three-texts-low": _classes(
        LogisticRegression,
        "three texts",
        True,
        positive="low",
        answer=lambda model: lambda rows: model.predict_proba(rows)[:, 1],
    ),
    "boosted-maps": _classes(_GBC, "int", True),
    "boosted-columns": _classes(_GBC, "three", "columns"),
    "histograms-matrix": _classes(partial(HistGradientBoostingClassifier, max_iter=10), "int", False),
    "forest-matrix": _classes(_FOREST, "three", False),
    "forest-columns": _classes(_FOREST, "text", "columns"),
    "bayes-maps": _classes(GaussianNB, "int", True, rtol=1e-5),
    "tree-with-leaves": Exhibit(
        partial(
            _make,
            estimator=partial(DecisionTreeClassifier, max_depth=3, random_state=0),
            target="int",
            answer=_last,
            decision_leaf=True,
            zipmap=False,
        ),
        "a label beside other whole numbers",
    ),
    "linear-svc": Exhibit(
        partial(_make, estimator=LinearSVC, target="int", answer=_decided), "a label and one decision value"
    ),
    "svc-decision": Exhibit(
        partial(_make, estimator=SVC, target="int", answer=_decided),
        "decision values as maps, with another sign than the labels",
        refusal="gives a label that is not the class of its largest score; if they are no scores .* --prediction",
    ),
    "isolation-forest": Exhibit(
        partial(
            _make,
            estimator=partial(IsolationForest, n_estimators=10, random_state=0),
            target="value",
            answer=_decided,
        ),
        "anomaly scores",
    ),
    "k-means": Exhibit(
        partial(_make, estimator=_KMEANS, target="value", answer=_predicted),
        "distances beside a cluster's number",
        refusal="gives a label that is not the class of its largest score; if they are no scores .* --prediction",
    ),
    "k-means-cluster": Exhibit(
        partial(_make, estimator=_KMEANS, target="value", answer=_predicted),
        "the cluster's number, as chosen",
        {"roles": {"prediction": "label"}},
    ),
    "float64-input": Exhibit(partial(_LINEAR, types=_DOUBLES), "float64 input"),
    "int64-input": Exhibit(partial(_LINEAR, types=_WHOLE), "int64 input", rows=draw(3, whole=True)),
    "input-by-name": Exhibit(_by_name, "several named inputs"),
}
