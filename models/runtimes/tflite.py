"""TensorFlow Lite models on LiteRT."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from models.errors import fail
from models.runtimes.batches import Feeds
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.model_file import model_bytes, unreadable
from models.runtimes.options import RuntimeOptions
from models.runtimes.quantization import Quantization
from models.runtimes.runtime import Runtime
from models.runtimes.time_limit import present_limit
from models.runtimes.warn_once import warn_once
from models.spec import TensorSpec

_KIND = "a readable TensorFlow Lite model"
_MAGIC = b"TFL3"  # bytes 4 to 8 of every .tflite file
_LOG = logging.getLogger(__name__)
_NO_GPU = GpuProblem("no_support", "TensorFlow Lite models have no GPU here", "serve the model as ONNX")


@dataclass(frozen=True)
class _Port:
    """An input or output of the interpreter."""

    tensor: TensorSpec
    index: int
    quantization: Quantization | None


class TfliteRuntime(Runtime):
    """A .tflite file in one interpreter; calls take turns, because it keeps its tensors between calls.

    Quantised inputs and outputs are given and returned as real values (float32). The interpreter is resized when the
    number of rows changes; a file that cannot be resized is fed in parts.
    """

    def __init__(self, interpreter: Any, name: str, problem: GpuProblem | None = None) -> None:
        fixed_batch = _fixed_batch(interpreter)
        names = _names(interpreter)
        self._ins = _ports(interpreter.get_input_details(), names, fixed_batch)
        self._outs = _ports(interpreter.get_output_details(), names, fixed_batch)
        super().__init__(name, _tensors(self._ins), _tensors(self._outs), fixed_batch)
        self._interpreter: Any = interpreter
        self._lock = Lock()
        self._shapes: list[tuple[int, ...]] = []
        self._problem = problem

    @property
    def gpu_problem(self) -> GpuProblem | None:
        """Reason why the model runs on the CPU although it was asked onto a GPU."""
        return self._problem

    @classmethod
    def load(
        cls, path: Path, options: RuntimeOptions, *, name: str | None = None, content: bytes | None = None
    ) -> TfliteRuntime:
        """Load a .tflite file."""
        content = model_bytes(path, _KIND, content)
        if content[4:8] != _MAGIC:
            raise unreadable(path, content, _KIND, f"bytes 4 to 8 should be {_MAGIC!r}")
        problem = _NO_GPU if options.enable_gpu else None
        if problem is not None:
            warn_once(f"enable_gpu is set, but models run on the CPU: {problem}")
        interpreter_class = _import_interpreter()
        try:
            interpreter = interpreter_class(model_content=content, num_threads=options.intra_op_threads)
            interpreter.allocate_tensors()
            return cls(interpreter, name or f"model file {path}", problem)
        except Exception as error:
            raise unreadable(path, content, _KIND, error) from error

    def close(self) -> None:
        """Free the interpreter after the call in progress."""
        with self._lock:
            self._interpreter = None

    def _run(self, feeds: Feeds) -> dict[str, Any]:
        limit = present_limit()
        if limit is not None:
            limit.check(self.name)
        stored = [
            port.quantization.quantize(feeds[port.tensor.name]) if port.quantization else feeds[port.tensor.name]
            for port in self._ins
        ]
        with self._lock:
            if self._interpreter is None:
                fail(self.name, "is closed", "load it again")
            try:
                values = self._invoke(stored)
            except (ValueError, RuntimeError) as error:
                fail(self.name, f"failed in TensorFlow Lite: {error}")
        return {
            port.tensor.name: port.quantization.dequantize(value) if port.quantization else value
            for port, value in zip(self._outs, values, strict=True)
        }

    def _invoke(self, stored: list[Any]) -> list[Any]:
        interpreter = self._interpreter
        shapes = [array.shape for array in stored]
        if shapes != self._shapes:
            self._shapes = []  # a resize that fails half way leaves the shapes unknown
            for port, shape in zip(self._ins, shapes, strict=True):
                interpreter.resize_tensor_input(port.index, shape)
            interpreter.allocate_tensors()
            self._shapes = shapes
        for port, array in zip(self._ins, stored, strict=True):
            interpreter.set_tensor(port.index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(port.index) for port in self._outs]


def _import_interpreter() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            fail("TensorFlow Lite models", f"need LiteRT: {error}", "pip install ai-edge-litert")
    return Interpreter


def _fixed_batch(interpreter: Any) -> int | None:
    """Return the fixed number of rows; None if the file declares it free and takes other numbers, too."""
    details = interpreter.get_input_details()
    if not details or any(len(detail["shape"]) == 0 for detail in details):
        text = "every input should have rows as its first dimension"
        raise ValueError(text)
    fixed = {int(detail["shape"][0]) for detail in details if detail["shape_signature"][0] != -1}
    if not fixed:
        if _gives_rows(interpreter, details, 2):
            return None
        fixed = {int(detail["shape"][0]) for detail in details}
    if len(fixed) > 1 or not _gives_rows(interpreter, details, min(fixed)):
        text = f"inputs and outputs should share one number of rows, inputs have {sorted(fixed)}"
        raise ValueError(text)
    return fixed.pop()


def _gives_rows(interpreter: Any, details: list[Any], rows: int) -> bool:
    """Return whether the file accepts inputs of so many rows and gives outputs of as many."""
    try:
        for detail in details:
            interpreter.resize_tensor_input(detail["index"], (rows, *map(int, detail["shape"][1:])))
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError):
        return False
    shapes = [detail["shape"] for detail in interpreter.get_output_details()]
    return all(len(shape) and shape[0] == rows for shape in shapes)


def _names(interpreter: Any) -> Mapping[int, str]:
    """Return the names in the file's signature by tensor index; empty if the file has no single signature."""
    signatures = interpreter.get_signature_list()
    if len(signatures) != 1:
        return {}
    runner = interpreter.get_signature_runner(next(iter(signatures)))
    ports = runner.get_input_details() | runner.get_output_details()
    return {int(detail["index"]): name for name, detail in ports.items()}


def _ports(details: list[Any], names: Mapping[int, str], fixed_batch: int | None) -> tuple[_Port, ...]:
    return tuple(_port(detail, names.get(detail["index"], detail["name"]), fixed_batch) for detail in details)


def _port(detail: Any, name: str, fixed_batch: int | None) -> _Port:
    dtype = np.dtype(detail["dtype"])
    if dtype.kind not in "biuf":
        text = f"tensor {name!r} holds {dtype}, only numbers are supported"
        raise ValueError(text)
    shape = (fixed_batch, *(None if dim == -1 else int(dim) for dim in detail["shape_signature"][1:]))
    quantization = _quantization(detail, dtype, name)
    seen_dtype = "float32" if quantization else dtype.name
    return _Port(TensorSpec(name=name, dtype=seen_dtype, shape=shape), int(detail["index"]), quantization)


def _quantization(detail: Any, dtype: np.dtype[Any], name: str) -> Quantization | None:
    parameters = detail["quantization_parameters"]
    scales, zero_points = parameters["scales"], parameters["zero_points"]
    if dtype.kind not in "iu" or len(scales) == 0:
        return None
    if len(scales) > 1:
        text = f"tensor {name!r} is quantised per channel, inputs and outputs should be per tensor"
        raise ValueError(text)
    return Quantization(float(scales[0]), int(zero_points[0]), dtype)


def _tensors(ports: tuple[_Port, ...]) -> tuple[TensorSpec, ...]:
    return tuple(port.tensor for port in ports)
