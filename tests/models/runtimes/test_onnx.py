from __future__ import annotations

import builtins
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from models.errors import ModelError
from models.inspect import spec_from_file
from models.runtimes import onnx
from models.runtimes.gpu.open_session import open_session
from models.runtimes.options import RuntimeOptions
from models.runtimes.warn_once import warn_once
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.outputs import interpret
from models.scoring.sessions import SessionPool
from tests.support.fake_gpus import FakeOrt, gpus_of
from tests.support.sample_models import onnx_net, write_onnx

RNG = np.random.default_rng(7)
X = RNG.normal(size=(300, 5)).astype(np.float32)
BINARY = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])


def save(estimator: Any, folder: Path, *, types: Any = None, zipmap: bool = False) -> Path:
    from skl2onnx import to_onnx

    options = {"zipmap": zipmap} if hasattr(estimator, "predict_proba") else None
    proto = to_onnx(
        estimator,
        None if types else X[:1],
        initial_types=types,
        options=options,
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def load(path: Path, **fields: Any) -> LoadedModel:
    return load_model(spec_from_file(path, "m", "1", **fields), path, sessions=SessionPool())


CLASSIFIERS = [
    LogisticRegression(),
    GradientBoostingClassifier(n_estimators=20),
    RandomForestClassifier(20, random_state=0),
]


@pytest.mark.parametrize("zipmap", [False, True], ids=["tensor", "maps"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("target", [BINARY, np.array(["legit", "fraud"])[BINARY]], ids=["int", "text"])
def test_binary_classifier_equals_scikit_learn(
    estimator: Any, target: np.ndarray, zipmap: bool, tmp_path: Path
) -> None:
    estimator.fit(X, target)
    model = load(save(estimator, tmp_path, zipmap=zipmap))
    scores = model.predict_matrix(X)
    assert np.allclose(scores.prediction, estimator.predict_proba(X)[:, 1], atol=1e-5)
    assert scores.label is not None
    assert scores.label.tolist() == estimator.predict(X).astype(str).tolist()
    assert scores.scores is not None
    assert scores.scores.shape == (300, 2)
    assert model.spec.task == "binary"
    assert model.predict_matrix(X[:0]).prediction.shape == (0,)


@pytest.mark.parametrize("zipmap", [False, True], ids=["tensor", "maps"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_multiclass_classifier_equals_scikit_learn(estimator: Any, zipmap: bool, tmp_path: Path) -> None:
    estimator.fit(X, THREE)
    scores = load(save(estimator, tmp_path, zipmap=zipmap)).predict_matrix(X)
    want = estimator.predict_proba(X)
    assert np.allclose(scores.scores, want, atol=1e-5)
    assert np.allclose(scores.prediction, want.max(axis=1), atol=1e-5)
    assert scores.label is not None
    assert scores.label.tolist() == estimator.predict(X).astype(str).tolist()


def test_regressor_equals_scikit_learn(tmp_path: Path) -> None:
    estimator = GradientBoostingRegressor(n_estimators=20).fit(X, X[:, 0] * 3)
    scores = load(save(estimator, tmp_path), task="regression").predict_matrix(X)
    assert np.allclose(scores.prediction, estimator.predict(X), atol=1e-5)


def test_anomaly_detector_equals_scikit_learn(tmp_path: Path) -> None:
    estimator = IsolationForest(n_estimators=20, random_state=0).fit(X)
    scores = load(save(estimator, tmp_path)).predict_matrix(X)
    assert np.allclose(scores.prediction, estimator.decision_function(X), atol=1e-5)
    assert scores.label is not None
    assert scores.label.tolist() == estimator.predict(X).astype(str).tolist()


def test_pipeline_over_text_and_number_columns_equals_scikit_learn(tmp_path: Path) -> None:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    country = RNG.choice(np.array(["DE", "FR", "IT"], dtype=object), size=300)
    table = np.column_stack([country, X[:, 0].astype(object)])
    encoder = ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore"), [0]), ("a", "passthrough", [1])])
    estimator = make_pipeline(encoder, LogisticRegression()).fit(table, BINARY)
    types = [("country", StringTensorType([None, 1])), ("amount", FloatTensorType([None, 1]))]
    model = load(save(estimator, tmp_path, types=types))
    outputs = model.runtime.predict({"country": country, "amount": X[:, 0].astype(np.float64)})
    got = interpret(outputs, model.spec, len(X))
    assert np.allclose(got.prediction, estimator.predict_proba(table)[:, 1], atol=1e-5)


def test_missing_gpu_is_warned_of_once(net_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        runtimes = [onnx.OnnxRuntime.load(net_file, RuntimeOptions(enable_gpu=True)) for _ in range(2)]
    if runtimes[0].device != "cpu":
        pytest.skip("this machine has a GPU")
    (record,) = caplog.records
    problem = runtimes[0].gpu_problem
    assert problem is not None
    assert record.message == f"enable_gpu is set, but models run on the CPU: {problem}"
    assert runtimes[0].device == "cpu"
    assert runtimes[0].predict(runtimes[0].zeros(2))["score"].shape == (2, 1)


def test_bytes_of_the_file_are_not_kept(net_file: Path) -> None:
    content = net_file.read_bytes()
    before = sys.getrefcount(content)
    runtime = onnx.OnnxRuntime.load(net_file, RuntimeOptions(), content=content)
    assert sys.getrefcount(content) == before
    assert runtime.predict(runtime.zeros(2))["score"].shape == (2, 1)


def test_gpu_that_is_lost_is_told(net_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus, ort = gpus_of(tmp_path, "H100"), FakeOrt()
    opened = open_session(ort, b"", ort.SessionOptions, RuntimeOptions(enable_gpu=True), gpus)
    monkeypatch.setattr(onnx, "open_session", lambda *_: opened)
    runtime = onnx.OnnxRuntime.load(net_file, RuntimeOptions(enable_gpu=True))
    assert (runtime.device, runtime.gpu_problem) == ("cuda:0", None)
    ort.opened[0].failure = RuntimeError("CUDA failure 719: unspecified launch failure")
    assert runtime.predict({"x": np.ones((2, 1))})["y"].tolist() == [[2.0], [2.0]]
    assert runtime.device == "cpu"
    assert runtime.gpu_problem is not None
    assert runtime.gpu_problem.reason == "lost"


def test_threads_are_bounded_and_do_not_spin() -> None:
    import onnxruntime

    options = onnx._session_options(onnxruntime, RuntimeOptions(intra_op_threads=3))
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_missing_library_says_what_to_install(net_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelError, match=r"ONNX models need onnxruntime: .*; pip install onnxruntime"):
        onnx.OnnxRuntime.load(net_file, RuntimeOptions())


def test_inputs_with_different_fixed_rows_are_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [helper.make_node("MatMul", ["a", "b"], ["y"])]
    inputs = [("a", TensorProto.FLOAT, [2, 3]), ("b", TensorProto.FLOAT, [3, 4])]
    path = write_onnx(tmp_path, nodes, inputs, [("y", TensorProto.FLOAT, [2, 4])], {})
    with pytest.raises(
        ModelError, match=r"inputs of different fixed row counts: 'a' float32 \(2, 3\), 'b' .*; export it"
    ):
        onnx.OnnxRuntime.load(path, RuntimeOptions())


def test_failure_inside_the_graph_names_the_model(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [helper.make_node("Reshape", ["x", "shape"], ["y"])]
    ports = [("x", TensorProto.FLOAT, ["n", 2])], [("y", TensorProto.FLOAT, [1, 2])]
    path = write_onnx(tmp_path, nodes, *ports, {"shape": np.array([1, 2])})
    runtime = onnx.OnnxRuntime.load(path, RuntimeOptions(), name="model m@1.0.0")
    with pytest.raises(ModelError, match=r"model m@1\.0\.0 failed in ONNX Runtime: .*Reshape"):
        runtime.predict({"x": np.zeros((3, 2))})


def test_free_first_dimension_is_not_fixed(tmp_path: Path) -> None:
    assert onnx.OnnxRuntime.load(onnx_net("rows")(tmp_path), RuntimeOptions()).fixed_batch is None


def test_inputs_that_rows_cannot_fill_are_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save_model

    text = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    out = helper.make_tensor_value_info("y", TensorProto.INT64, [])
    graph = helper.make_graph([helper.make_node("SequenceLength", ["s"], ["y"])], "g", [text], [out])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save_model(proto, tmp_path / "s.onnx")
    with pytest.raises(ModelError, match=r"has inputs that rows cannot fill: 's' seq\(tensor\(float\)\)"):
        onnx.OnnxRuntime.load(tmp_path / "s.onnx", RuntimeOptions())


def test_model_without_inputs_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [helper.make_node("Identity", ["c"], ["y"])]
    path = write_onnx(tmp_path, nodes, [], [("y", TensorProto.FLOAT, [1])], {"c": np.ones(1, np.float32)})
    with pytest.raises(ModelError, match="has no inputs"):
        onnx.OnnxRuntime.load(path, RuntimeOptions())
