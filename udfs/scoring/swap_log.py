"""Log lines and metrics of the models that serve: one line for each change."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from models.errors import ModelError
from models.scoring.loaded import LoadedModel
from models.spec import ModelSpec
from udfs.devices.device_metrics import DeviceMetrics
from udfs.logs import fields
from udfs.metrics.series import series

_LOG = logging.getLogger("gress.models")


class SwapLog:
    """A listener that logs and counts the changes of models.

    Args:
        job: name of the job that the models score for.
    """

    def __init__(self, job: str = "") -> None:
        self._job = job
        self._devices = DeviceMetrics(job)

    def loaded(self, model: LoadedModel, seconds: float) -> None:
        """Log that a version was loaded and found fit to serve, in so many seconds."""
        spec = model.spec
        series("models_loaded", self._job, spec.name, spec.version, spec.type).set(1)
        series("model_load_time_seconds", self._job, spec.name, spec.version, spec.type).observe(seconds)
        said = _of(spec, "model_loaded", seconds=round(seconds, 3))
        self._devices.add(model)
        _LOG.info("%s loaded and checked in %.3f s", spec.ref, seconds, extra=said)

    def pinned(self, model: LoadedModel) -> None:
        """Log, once a process, that promotions do not reach the job."""
        _say_pinned(model.spec.name, model.spec.version)

    def unloaded(self, model: LoadedModel) -> None:
        """Log that a version was closed."""
        spec = model.spec
        series("models_loaded", self._job, spec.name, spec.version, spec.type).set(0)
        self._devices.remove(model)
        _LOG.info("%s unloaded", spec.ref, extra=_of(spec, "model_unloaded"))

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        """Log that a version serves in place of another."""
        result = "rolled_back" if is_rollback else "swapped"
        series("model_swaps_total", self._job, model.spec.name, result).inc()
        event = "model_rolled_back" if is_rollback else "model_swapped"
        said = _of(model.spec, event, before=before.spec.version, generation=generation)
        text = "%s serves in place of %s, by generation %d"
        _LOG.info(text, model.spec.ref, before.spec.version, generation, extra=said)

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        """Log that a version may not serve; the serving version stays."""
        series("model_swaps_total", self._job, name, "rejected").inc()
        series("model_load_errors_total", self._job, name, version, "", "load_failed").inc()
        said = fields("model_rejected", model=name, version=version, generation=generation, why=str(error))
        _LOG.error("model %s@%s of generation %d rejected: %s", name, version, generation, error, extra=said)

    def no_fallback(self, name: str, error: Exception) -> None:
        """Log that the previous version cannot be loaded as a fallback beside the serving one."""
        series("model_load_errors_total", self._job, name, "", "", "load_failed").inc()
        said = fields("no_fallback", model=name, why=str(error))
        _LOG.warning("%s; model %s has no version to fall back to", error, name, extra=said)

    def registry_failed(self, name: str, error: ModelError) -> None:
        """Log that the registry does not answer; the serving version stays."""
        series("model_registry_errors_total", self._job, name).inc()
        said = fields("registry_failed", model=name, why=str(error))
        _LOG.warning("%s; model %s goes on as it is", error, name, extra=said)

    def registry_back(self, name: str) -> None:
        """Log that the registry answers again."""
        _LOG.info("the registry of model %s answers again", name, extra=fields("registry_back", model=name))

    def registry_rewound(self, name: str, seen: int, found: int) -> None:
        """Log that the last generation is another than the one seen last, as after the restore of a backup."""
        text = "the registry of model %s was exchanged, as by a restored backup: after generation %d comes %d; followed"
        said = fields("registry_rewound", model=name, before=seen, generation=found)
        _LOG.warning(text, name, seen, found, extra=said)


@cache
def _say_pinned(name: str, version: str) -> None:
    said = fields("model_pinned", model=name, version=version)
    _LOG.info("model %s@%s is pinned by the settings; promotions do not reach this job", name, version, extra=said)


def _of(spec: ModelSpec, event: str, **values: object) -> dict[str, Any]:
    return fields(event, model=spec.name, version=spec.version, **values)
