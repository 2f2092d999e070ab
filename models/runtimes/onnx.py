"""ONNX models on ONNX Runtime."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from models.errors import ModelError, fail
from models.runtimes.batches import Feeds
from models.runtimes.external_data import check_single_file
from models.runtimes.model_file import model_bytes
from models.runtimes.onnx_refusal import refusal
from models.runtimes.options import RuntimeOptions
from models.runtimes.runtime import Runtime
from models.runtimes.time_limit import present_limit
from models.runtimes.warn_once import warn_once
from models.spec import TensorSpec

_KIND = "a readable ONNX model"
_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_FATAL = 4
_DTYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bool": "bool",
    "string": "string",
} | {f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_LOG = logging.getLogger(__name__)


class OnnxRuntime(Runtime):
    """An .onnx file in one inference session; any number of threads may call it at once."""

    def __init__(self, session: Any, path: Path, name: str) -> None:
        inputs = tuple(_tensor(node) for node in session.get_inputs())
        outputs = tuple(_tensor(node) for node in session.get_outputs())
        odd = [str(tensor) for tensor in inputs if tensor.dtype not in _DTYPES.values()]
        if odd or not inputs:
            wants = f"has inputs that rows cannot fill: {', '.join(odd)}" if odd else "has no inputs"
            raise ModelError.of_file(path, wants)
        super().__init__(name, inputs, outputs, _fixed_batch(inputs, path))
        self._session: Any = session
        self._output_names = [tensor.name for tensor in outputs]

    @classmethod
    def load(
        cls, path: Path, options: RuntimeOptions, *, name: str | None = None, content: bytes | None = None
    ) -> OnnxRuntime:
        """Load an .onnx file; weights in another file are refused."""
        content = model_bytes(path, _KIND, content)
        check_single_file(path, content)
        ort = _import_onnxruntime()
        try:
            session = ort.InferenceSession(content, _session_options(ort, options), _providers(ort, options))
        except Exception as error:
            raise refusal(path, content, _KIND, error) from error
        if options.enable_gpu and _CUDA not in session.get_providers():
            warn_once(f"enable_gpu is set, but ONNX Runtime has no working {_CUDA} here: models run on the CPU")
        if session.get_providers() == [_CPU]:
            # It keeps them to start anew on the CPU if a GPU fails.
            session._model_bytes = None
        return cls(session, path, name or f"model file {path}")

    def close(self) -> None:
        """Free the session."""
        self._session = None

    def _run(self, feeds: Feeds) -> dict[str, Any]:
        session = self._session
        if session is None:
            fail(self.name, "is closed", "load it again")
        try:
            values = self._run_within(session, feeds)
        except ModelError:
            raise
        except Exception as error:
            fail(self.name, f"failed in ONNX Runtime: {error}")
        return dict(zip(self._output_names, values, strict=True))


    def _run_within(self, session: Any, feeds: Feeds) -> Any:
        limit = present_limit()
        if limit is None:
            return session.run(self._output_names, feeds)
        options = _import_onnxruntime().RunOptions()
        options.log_severity_level = _FATAL
        with limit.stopping(self.name, lambda: setattr(options, "terminate", True)):
            return session.run(self._output_names, feeds, options)


def _import_onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        fail("ONNX models", f"need onnxruntime: {error}", "pip install onnxruntime")
    return onnxruntime


def _session_options(ort: Any, options: RuntimeOptions) -> Any:
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.intra_op_threads
    settings.inter_op_num_threads = 1
    settings.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    settings.log_severity_level = 3
    # Let waiting threads sleep: spinning ones would take the cores of the other task slots.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return settings


def _providers(ort: Any, options: RuntimeOptions) -> list[Any]:
    if not options.enable_gpu or _CUDA not in ort.get_available_providers():
        return [_CPU]
    ids = options.gpu_device_ids or (0,)
    # A worker does not know its slot number, so use its process id to spread workers over the devices.
    return [(_CUDA, {"device_id": str(ids[os.getpid() % len(ids)])}), _CPU]


def _tensor(node: Any) -> TensorSpec:
    kind = str(node.type)
    inner = kind[len("tensor(") : -1] if kind.startswith("tensor(") else ""
    shape = tuple(dim if isinstance(dim, int) and dim >= 0 else None for dim in node.shape or ())
    return TensorSpec(name=node.name, dtype=_DTYPES.get(inner, kind), shape=shape)


def _fixed_batch(inputs: tuple[TensorSpec, ...], path: Path) -> int | None:
    sizes = {tensor.shape[0] for tensor in inputs if tensor.shape} - {None}
    if len(sizes) > 1:
        text = ", ".join(map(str, inputs))
        raise ModelError.of_file(
            path,
            f"has inputs of different fixed row counts: {text}",
            "export it with a free first dimension",
        )
    return sizes.pop() if sizes else None
