"""Models that never answer: whoever tries one out gets an error in bounded time, and the call ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.checksum import file_sha256
from models.errors import ModelError
from models.lifecycle import register, validate
from models.registry import Registry
from models.runtimes.onnx import OnnxRuntime
from models.runtimes.options import RuntimeOptions
from models.runtimes.tflite import TfliteRuntime
from models.runtimes.time_limit import time_limit
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sessions import SessionPool
from models.serving.live import LiveModel, SwapOptions
from models.serving.versions import DeployedVersions
from models.spec import ModelSpec, TensorSpec
from tests.support.sample_models import DATA

REASON = r"took longer than 0\.2 s to try out; it may have a loop without an end: export it again; or make it smaller$"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("registration", "admission"):
        monkeypatch.setattr(f"models.lifecycle.{module}.TRY_OUT_S", 0.2)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A loop that hands on its input and its wish to go on."""
    number, flag = TensorProto.FLOAT, TensorProto.BOOL
    nodes = [helper.make_node("Identity", [f"{name}_in"], [f"{name}_out"]) for name in ("go", "x")]
    inputs, outputs = (
        [
            helper.make_tensor_value_info(f"go_{end}", flag, []),
            helper.make_tensor_value_info(f"x_{end}", number, [None, 1]),
        ]
        for end in ("in", "out")
    )
    body = helper.make_graph(
        nodes, "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []), *inputs], outputs
    )
    x, y = (helper.make_tensor_value_info(name, number, [None, 1]) for name in "xy")
    loop = helper.make_node("Loop", ["", "always", "x"], ["y"], body=body)
    graph = helper.make_graph([loop], "g", [x], [y], [numpy_helper.from_array(np.array(True), "always")])
    path = tmp_path / "endless.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_registration_ends_and_writes_nothing(
    endless: Path, registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    before = threading.active_count()
    with pytest.raises(ModelError, match=rf"^model m@1\.0\.0 {REASON}"):
        register(registry, endless, "m", "1")
    assert not registry.base.exists()
    assert threading.active_count() == before
    assert capfd.readouterr() == ("", "")


def publish(registry: Registry, file: Path) -> None:
    """Publish a file as nobody would who tries it out."""
    column = {"dtype": "float32", "shape": (None, 1)}
    inputs, outputs = ((TensorSpec(name=name, **column),) for name in "xy")
    given = {"inputs": inputs, "outputs": outputs, "feature_columns": ("x",)}
    spec = ModelSpec(name="m", version="1.0.0", type="onnx", file=file.name, sha256=file_sha256(file), **given)
    registry.publish(spec, file)


def test_validation_ends_and_is_not_noted(endless: Path, registry: Registry) -> None:
    publish(registry, endless)
    with pytest.raises(ModelError, match=rf"^model m@1\.0\.0 {REASON}"):
        validate(registry, "m", "1")
    assert registry.records("m", "1") == ()


def test_time_that_is_over_ends_all_later_calls(tmp_path: Path) -> None:
    runtime = TfliteRuntime.load(DATA / "float.tflite", RuntimeOptions())
    with time_limit(0.001):
        time.sleep(0.1)
        with pytest.raises(ModelError, match=r"took longer than 0\.001 s to try out"):
            runtime.predict(runtime.zeros(1))
    runtime.predict(runtime.zeros(1))


def test_call_in_time_is_not_stopped_later(net_file: Path) -> None:
    runtime = OnnxRuntime.load(net_file, RuntimeOptions())
    with time_limit(60):
        answers = runtime.predict(runtime.zeros(3))
    assert runtime.predict(runtime.zeros(3))["score"].tolist() == answers["score"].tolist()
    with time_limit(60), pytest.raises(ModelError, match=r"inputs .*, got 'other'"):
        runtime.predict({"other": np.zeros((1, 1))})


def test_job_that_would_serve_it_does_not_start(endless: Path, registry: Registry) -> None:
    publish(registry, endless)

    def load(spec: ModelSpec, path: Path) -> LoadedModel:
        return load_model(spec, path, sessions=SessionPool())

    with pytest.raises(ModelError, match=rf"^model m@1\.0\.0 {REASON}"):
        LiveModel(DeployedVersions(registry, "m", load), SwapOptions(load_timeout_s=0.2))
