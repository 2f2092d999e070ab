from __future__ import annotations

import builtins
import logging
from typing import Any

import numpy as np
import pytest

from models.errors import ModelError
from models.runtimes import tflite
from models.runtimes.options import RuntimeOptions
from models.runtimes.warn_once import warn_once
from tests.support.sample_models import DATA, SAMPLES


def load(name: str, **options: Any) -> tflite.TfliteRuntime:
    return tflite.TfliteRuntime.load(DATA / name, RuntimeOptions(**options))


def test_interpreter_is_resized_only_when_the_size_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = load("float.tflite")
    resized = []
    real = runtime._interpreter.resize_tensor_input
    monkeypatch.setattr(
        runtime._interpreter, "resize_tensor_input", lambda i, shape: (resized.append(shape), real(i, shape))
    )
    for n in (5, 5, 5, 3, 5):
        runtime.predict(SAMPLES["tflite-float"].draw(n))
    assert resized == [(5, 4), (3, 4), (5, 4)]


@pytest.mark.parametrize("name", ["int8.tflite", "uint8.tflite"])
def test_quantised_answers_are_the_interpreters_own(name: str) -> None:
    from ai_edge_litert.interpreter import Interpreter

    x = SAMPLES["tflite-int8"].draw(6)["x"]
    interpreter = Interpreter(model_path=str(DATA / name))
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.allocate_tensors()
    want = []
    for row in x:
        stored = np.round(row / source["quantization"][0]) + source["quantization"][1]
        interpreter.set_tensor(
            source["index"], np.clip(stored, *_range(source["dtype"])).astype(source["dtype"])[None]
        )
        interpreter.invoke()
        out = interpreter.get_tensor(sink["index"]).astype(float)
        want.append((out - sink["quantization"][1]) * sink["quantization"][0])
    got = load(name).predict({"x": x})["score"]
    assert got.dtype == np.float32
    assert np.allclose(got, np.concatenate(want), atol=1e-6)


def _range(dtype: type) -> tuple[int, int]:
    return np.iinfo(dtype).min, np.iinfo(dtype).max


def test_gpu_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        runtimes = [load("float.tflite", enable_gpu=True) for _ in range(2)]
    assert [record.message for record in caplog.records] == [
        "enable_gpu is set, but models run on the CPU: TensorFlow Lite models have no GPU here; serve the model as ONNX"
    ]
    assert runtimes[0].gpu_problem is not None
    assert (runtimes[0].gpu_problem.reason, runtimes[0].device) == ("no_support", "cpu")
    assert load("float.tflite").gpu_problem is None


def test_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith(("ai_edge_litert", "tflite_runtime")):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ModelError, match=r"TensorFlow Lite models need LiteRT: .*; pip install ai-edge-litert"
    ):
        load("float.tflite")


def test_failure_while_running_names_the_model_and_the_next_call_recovers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = load("float.tflite")
    rows = SAMPLES["tflite-float"].draw(3)
    want = runtime.predict(rows)["score"]

    def fail(*_: object) -> None:
        text = "no memory"
        raise RuntimeError(text)

    with monkeypatch.context() as patch:
        patch.setattr(runtime._interpreter, "allocate_tensors", fail)
        with pytest.raises(
            ModelError, match=r"model file .*float\.tflite failed in TensorFlow Lite: no memory"
        ):
            runtime.predict(SAMPLES["tflite-float"].draw(4))
    assert np.array_equal(runtime.predict(rows)["score"], want)


def detail(**fields: Any) -> dict[str, Any]:
    known = {
        "name": "x",
        "index": 0,
        "shape": np.array([1, 2]),
        "shape_signature": np.array([-1, 2]),
        "dtype": np.float32,
        "quantization_parameters": {"scales": [], "zero_points": []},
    }
    return known | fields


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"dtype": np.bytes_}, r"tensor 'x' holds .*, only numbers are supported"),
        (
            {"dtype": np.int8, "quantization_parameters": {"scales": [1.0, 2.0], "zero_points": [0, 0]}},
            r"tensor 'x' is quantised per channel, inputs and outputs should be per tensor",
        ),
    ],
)
def test_tensors_that_cannot_be_fed_are_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tflite._port(detail(**fields), "x", None)


class FakeInterpreter:
    """Declares inputs, and takes any resize."""

    def __init__(self, *inputs: dict[str, Any]) -> None:
        self._inputs = list(inputs)

    def get_input_details(self) -> list[dict[str, Any]]:
        return self._inputs


@pytest.mark.parametrize(
    ("interpreter", "text"),
    [
        (FakeInterpreter(), r"every input should have rows as its first dimension"),
        (FakeInterpreter(detail(shape=np.array([]))), r"every input should have rows"),
        (
            FakeInterpreter(
                *(detail(shape=np.array([n, 2]), shape_signature=np.array([n, 2])) for n in (2, 3))
            ),
            r"inputs and outputs should share one number of rows, inputs have \[2, 3\]",
        ),
    ],
)
def test_inputs_without_common_rows_are_refused(interpreter: FakeInterpreter, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tflite._fixed_batch(interpreter)
