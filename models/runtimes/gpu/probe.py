"""A trial of the GPU with a model of one operator, before a real model needs it."""

from __future__ import annotations

from typing import Any

from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.open_session import Gpus, open_session
from models.runtimes.options import RuntimeOptions

# y = Relu(x) for x float32 (n, 1), in opset 13; made with onnx.helper.
_RELU = (
    b'\x08\x07\x12\x00:=\n\x0c\n\x01x\x12\x01y"\x04Relu\x12\x01gZ\x14\n\x01x\x12\x0f\n\r\x08\x01\x12\t\n\x03\x12\x01n'
    b"\n\x02\x08\x01b\x14\n\x01y\x12\x0f\n\r\x08\x01\x12\t\n\x03\x12\x01n\n\x02\x08\x01B\x04\n\x00\x10\r"
)


def probe_gpu(ort: Any, device_ids: tuple[int, ...] = (), gpus: Gpus | None = None) -> str | GpuProblem:
    """Return the GPU that a model of this process would run on, or the reason why there is none.

    Args:
        ort: the module onnxruntime.
        device_ids: GPUs to choose from; none: all.
        gpus: the machine's GPUs; None: those that there are.

    Returns:
        First provider of a session and the name of the GPU, or the problem.
    """
    options = RuntimeOptions(enable_gpu=True, gpu_device_ids=device_ids)
    opened = open_session(ort, _RELU, ort.SessionOptions, options, gpus)
    if opened.problem is not None:
        return opened.problem
    session: GpuSession = opened.session
    return f"{session.get_providers()[0]} on {session.name}"
