"""Times of a version of a registry by rows of a batch, where a job would run it."""

from __future__ import annotations

from dataclasses import dataclass

from conf.settings import MlSettings
from models.registry import Registry
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.options import RuntimeOptions
from models.scoring.batch_times import BatchTime, batches_of, best_batch, time_batches
from models.scoring.loaded import load_model
from models.scoring.sessions import SessionPool
from models.spec import ModelSpec


@dataclass(frozen=True)
class TimedVersion:
    """Times of a version.

    Attributes:
        spec: the version.
        device: device that it ran on.
        problem: reason why it is not the GPU, which the settings ask for.
        times: its times, by ascending rows.
    """

    spec: ModelSpec
    device: str
    problem: GpuProblem | None
    times: tuple[BatchTime, ...]

    @property
    def best(self) -> BatchTime:
        """The smallest batch that is about as fast as any."""
        return best_batch(self.times)


def time_version(registry: Registry, ml: MlSettings, name: str, version: str = "") -> TimedVersion:
    """Time a version by rows of a batch.

    Args:
        registry: the open registry.
        ml: settings that say where models run, and how long a call may take.
        name: name of the model.
        version: version; "": the one that serves.

    Raises:
        ModelError: there is no such version, or it fails.
    """
    spec, path = registry.resolve(name, version)
    inference = ml.inference
    options = RuntimeOptions(enable_gpu=inference.enable_gpu, gpu_device_ids=inference.gpu_device_ids)
    model = load_model(spec, path, options, sessions=SessionPool())
    try:
        times = time_batches(batches_of(model), limit_s=inference.max_latency_ms / 1000)
        return TimedVersion(spec, model.runtime.device, model.runtime.gpu_problem, times)
    finally:
        model.close()
