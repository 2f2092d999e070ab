"""ONNX models on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.errors import ModelError, fail
from models.runtimes.batches import Feeds
from models.runtimes.external_data import check_single_file
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.open_session import open_session
from models.runtimes.model_file import model_bytes
from models.runtimes.onnx_refusal import refusal
from models.runtimes.options import RuntimeOptions
from models.runtimes.runtime import Runtime
from models.runtimes.time_limit import present_limit
from models.runtimes.warn_once import warn_once
from models.spec import TensorSpec

_KIND = "a readable ONNX model"
_FATAL = 4
_DTYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bool": "bool",
    "string": "string",
} | {f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


class OnnxRuntime(Runtime):
    """An .onnx file in one inference session; any number of threads may call it at once."""

    def __init__(self, session: Any, path: Path, name: str, problem: GpuProblem | None = None) -> None:
        inputs = tuple(_tensor(node) for node in session.get_inputs())
        outputs = tuple(_tensor(node) for node in session.get_outputs())
        odd = [str(tensor) for tensor in inputs if tensor.dtype not in _DTYPES.values()]
        if odd or not inputs:
            wants = f"has inputs that rows cannot fill: {', '.join(odd)}" if odd else "has no inputs"
            raise ModelError.of_file(path, wants)
        super().__init__(name, inputs, outputs, _fixed_batch(inputs, path))
        self._session: Any = session
        self._problem = problem
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
            opened = open_session(ort, content, lambda: _session_options(ort, options), options)
        except Exception as error:
            raise refusal(path, content, _KIND, error) from error
        if opened.problem is not None:
            warn_once(f"enable_gpu is set, but models run on the CPU: {opened.problem}")
        return cls(opened.session, path, name or f"model file {path}", opened.problem)

    @property
    def device(self) -> str:
        """Device that the model runs on now: ``cpu``, or ``cuda:`` and its number."""
        return self._session.device if isinstance(self._session, GpuSession) else super().device

    @property
    def gpu_problem(self) -> GpuProblem | None:
        """Reason why the model runs on the CPU although it was asked onto a GPU."""
        session = self._session
        return session.problem if isinstance(session, GpuSession) else self._problem

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
