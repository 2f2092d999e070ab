"""The check of the GPU: whether models would really run there, and why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conf.settings import MlInferenceSettings
from gress.doctor import Requirement
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.open_session import REPLACE, Gpus
from models.runtimes.gpu.probe import probe_gpu

_CPU_WHEEL, _GPU_WHEEL = "onnxruntime", "onnxruntime-gpu"


def check_gpu(
    load: Callable[[str], Any],
    asked: MlInferenceSettings,
    version_of: Callable[[str], str | None],
    gpus: Gpus | None = None,
) -> Requirement:
    """Check that models run on a GPU, where ``ml.inference.enable_gpu`` asks for one, by running one.

    Args:
        load: function that imports a module by name.
        asked: whether to use a GPU, and which.
        version_of: function that returns the version of an installed distribution.
        gpus: the machine's GPUs; None: those that there are.
    """
    try:
        ort = load("onnxruntime")
        found = ", ".join(ort.get_available_providers())
    except ImportError as error:
        return _gpu(str(error), f"pip install {_GPU_WHEEL}" if asked.enable_gpu else "")
    except AttributeError:
        # Removing one of two distributions removes the files of both, and leaves a folder that can be imported.
        return _gpu("onnxruntime is an empty folder", f"pip install --force-reinstall --no-deps {_GPU_WHEEL}")
    if not asked.enable_gpu:
        return _gpu(found)
    versions = {name: version_of(name) for name in (_CPU_WHEEL, _GPU_WHEEL)}
    if all(versions.values()):
        both = " and ".join(f"{name} {number}" for name, number in versions.items())
        return _gpu(f"{both} share one folder, and {ort.__version__} is what is in it: {found}", REPLACE)
    usable = probe_gpu(ort, asked.gpu_device_ids, gpus)
    if isinstance(usable, GpuProblem):
        return _gpu(f"{usable.reason}: {usable.text}", f"{usable.fix}; or set ml.inference.enable_gpu: false")
    return _gpu(usable)


def _gpu(found: str, fix: str = "") -> Requirement:
    return Requirement("GPU", ok=not fix, found=found, fix=fix)
