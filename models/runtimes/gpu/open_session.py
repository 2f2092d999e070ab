"""Opening of an inference session as the settings ask: on a GPU, or on the CPU with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.runtimes.gpu.bound_run import BoundRun
from models.runtimes.gpu.cuda_libraries import missing_library, preload
from models.runtimes.gpu.device_claims import CLAIMS, DeviceClaims
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.nvidia_driver import device_names
from models.runtimes.options import RuntimeOptions

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
REPLACE = "pip uninstall -y onnxruntime && pip install --force-reinstall --no-deps onnxruntime-gpu"
"""Commands that leave ONNX Runtime for GPUs alone in the folder that it shares with the one for CPUs."""

_INSTALL = f"pip install 'gress-ml[gpu]' && {REPLACE}"
_RECORD = "session.record_ep_graph_assignment_info"


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine, and the one of this process.

    Attributes:
        names: function that returns the names of the GPUs that this process may use, or raises OSError.
        claims: claims of devices by the processes of the machine.
    """

    names: Callable[[], tuple[str, ...]] = device_names
    claims: DeviceClaims = CLAIMS


@dataclass(frozen=True)
class OpenedSession:
    """A session, and the reason why it is not on the GPU that was asked for; None: it is, or none was."""

    session: Any
    problem: GpuProblem | None = None


@dataclass(frozen=True)
class _Model:
    """A model to open: ONNX Runtime, the bytes of its file, and the function that makes options of a session."""

    ort: Any
    content: bytes
    settings: Callable[[], Any]

    def on_cpu(self) -> Any:
        session = self.ort.InferenceSession(self.content, self.settings(), [CPU])
        return _without_bytes(session)

    def on_gpu(self, device: int) -> Any:
        settings = self.settings()
        settings.add_session_config_entry(_RECORD, "1")
        providers = [(CUDA, _cuda_options(device)), CPU]
        # Without its own way to the CPU, which is silent.
        return _without_bytes(self.ort.InferenceSession(self.content, settings, providers, enable_fallback=0))


def open_session(
    ort: Any,
    content: bytes,
    settings: Callable[[], Any],
    options: RuntimeOptions,
    gpus: Gpus | None = None,
) -> OpenedSession:
    """Open a model on the GPU of this process where the options ask for one, else on the CPU.

    Args:
        ort: the module onnxruntime.
        content: bytes of the model's file.
        settings: function that makes ONNX Runtime's options of a session.
        options: threads and devices.
        gpus: the machine's GPUs; None: those that there are.

    Raises:
        Exception: ONNX Runtime does not load the model on the CPU either.
    """
    model = _Model(ort, content, settings)
    if not options.enable_gpu:
        return OpenedSession(model.on_cpu())
    found = _on_gpu(model, options.gpu_device_ids, gpus or Gpus())
    return OpenedSession(model.on_cpu(), found) if isinstance(found, GpuProblem) else OpenedSession(found)


def _on_gpu(model: _Model, asked: tuple[int, ...], gpus: Gpus) -> GpuSession | GpuProblem:
    ort = model.ort
    names = _devices(ort, asked, gpus)
    if isinstance(names, GpuProblem):
        return names
    device = gpus.claims.device_of(asked or tuple(range(len(names))))
    name = f"GPU {device} ({names[device]})"
    preload(ort)
    try:
        session = model.on_gpu(device)
    except Exception as error:
        # Either the device or the model is at fault; if the CPU refuses the model, too, that error counts.
        return GpuProblem("not_usable", f"ONNX Runtime cannot use {name}: {_first_line(error)}", _libraries(ort))
    if session.get_providers()[0] != CUDA:
        return GpuProblem("not_usable", f"ONNX Runtime left {name} out without an error", _libraries(ort))
    bound = BoundRun(ort, session, ("cuda", device))
    return _without_kernels(session, name) or GpuSession(session, device, name, model.on_cpu, bound)


def _devices(ort: Any, asked: tuple[int, ...], gpus: Gpus) -> tuple[str, ...] | GpuProblem:
    """Return the names of the GPUs that this process may use, if ONNX Runtime could, and those asked for are there."""
    providers = ort.get_available_providers()
    if CUDA not in providers:
        return GpuProblem("no_provider", f"ONNX Runtime has no {CUDA} here, only {', '.join(providers)}", _INSTALL)
    try:
        names = gpus.names()
    except OSError as error:
        return GpuProblem("no_driver", str(error), "install NVIDIA's driver, and let the container or worker see a GPU")
    absent = [str(number) for number in asked if number >= len(names)]
    if absent:
        seen = f"this process sees {len(names)}, counted from 0"
        text = f"ml.inference.gpu_device_ids names GPU {', '.join(absent)}, and {seen}"
        return GpuProblem("no_device", text, "correct it, or CUDA_VISIBLE_DEVICES")
    return names


def _cuda_options(device: int) -> dict[str, str]:
    """Return options of ONNX Runtime's part for CUDA.

    Source: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#configuration-options
    """
    return {
        "device_id": str(device),
        # TF32 keeps 10 bits of a factor's 23: golden rows, which were computed on a CPU, would differ too much.
        "use_tf32": "0",
        # The default tries all algorithms for every new number of rows, and batches have any.
        "cudnn_conv_algo_search": "HEURISTIC",
        # Several workers share a device; the default takes twice what it has whenever it needs more.
        "arena_extend_strategy": "kSameAsRequested",
    }


def _without_kernels(session: Any, name: str) -> GpuProblem | None:
    """Return the problem of a model of which no operator is on the GPU; versions before 1.24 do not tell."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return None
    parts = list(session.get_provider_graph_assignment_info())
    if not parts or any(part.ep_name == CUDA for part in parts):
        return None
    kinds = sorted({node.op_type for part in parts for node in part.get_nodes()})
    text = f"none of the model's operators runs on {name}: {', '.join(kinds)}"
    return GpuProblem("no_kernel", text, "trees, scalers and texts do not: set ml.inference.enable_gpu: false")


def _libraries(ort: Any) -> str:
    missing = missing_library(ort)
    lacking = f"{missing} is missing: " if missing else ""
    return f"{lacking}install the CUDA and cuDNN that this onnxruntime-gpu was built for, as 'gress-ml[gpu]' does"


def _without_bytes(session: Any) -> Any:
    # It keeps the file's bytes to start over if a GPU fails, which is not its task here.
    session._model_bytes = None
    return session


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
