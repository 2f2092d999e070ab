"""Devices that the models of a job run on, and why one is not the GPU that was asked for."""

from __future__ import annotations

import threading

from models.scoring.loaded import LoadedModel
from udfs.metrics.series import series
from udfs.metrics.ticker import TICKER

_CPU = "cpu"


class DeviceMetrics:
    """The metric of devices, which follows a model that loses its GPU while it serves.

    Args:
        job: name of the job that the models score for.
    """

    def __init__(self, job: str) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._told: dict[LoadedModel, tuple[str, ...]] = {}
        self._is_watching = False

    def add(self, model: LoadedModel) -> None:
        """Tell the device of a model, and its changes from now on."""
        self._tell(model)
        # A model that is on the CPU stays there.
        if model.runtime.device != _CPU and not self._is_watching:
            self._is_watching = True
            TICKER.add(self.flush)

    def remove(self, model: LoadedModel) -> None:
        """Tell that a model runs no more."""
        with self._lock:
            labels = self._told.pop(model, None)
            if labels is not None:
                series("model_device_info", *labels).set(0)
        if self._is_watching and not self._told:
            self._is_watching = False
            TICKER.remove(self.flush)

    def flush(self) -> None:
        """Tell what has changed."""
        for model in list(self._told):
            self._tell(model)

    def _tell(self, model: LoadedModel) -> None:
        spec, runtime = model.spec, model.runtime
        problem = runtime.gpu_problem
        labels = (self._job, spec.name, spec.version, runtime.device, problem.reason if problem else "")
        with self._lock:
            before = self._told.get(model)
            if labels == before:
                return
            if before is not None:
                series("model_device_info", *before).set(0)
            series("model_device_info", *labels).set(1)
            self._told[model] = labels
