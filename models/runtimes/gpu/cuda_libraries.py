"""CUDA's libraries: loaded from Python packages, and named where they are missing."""

from __future__ import annotations

import contextlib
import ctypes
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PROVIDER = "libonnxruntime_providers_cuda.so"
_MISSING = "cannot open shared object file"


def preload(ort: Any) -> None:
    """Load the libraries that ``onnxruntime-gpu[cuda,cudnn]`` installed, which the system's loader does not find.

    Source: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#preload-dlls
    """
    if hasattr(ort, "preload_dlls"):
        # It prints the libraries that it does not find; a worker's output is for its log, which has the reason below.
        with contextlib.redirect_stdout(io.StringIO()):
            ort.preload_dlls(directory="")


def missing_library(ort: Any, load: Callable[[str], Any] = ctypes.CDLL) -> str | None:
    """Return the library that keeps ONNX Runtime's part for CUDA from loading, as ``libcudnn.so.9``; None: unknown.

    Args:
        ort: the module onnxruntime.
        load: function that loads a library by its path.
    """
    path = Path(ort.__file__).parent / "capi" / _PROVIDER
    try:
        load(str(path))
    except OSError as error:
        name, _, problem = str(error).partition(": ")
        return name if _MISSING in problem and Path(name).name != _PROVIDER else None
    return None
