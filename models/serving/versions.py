"""Versions of one model that its registry deploys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from models.errors import ModelError
from models.registry import Deployment, Registry
from models.scoring.loaded import LoadedModel
from models.spec import ModelSpec

Opener = Callable[[ModelSpec, Path], LoadedModel]


class Versions(Protocol):
    """A source of the version that should serve, which also loads it."""

    name: str

    def latest(self) -> Deployment | None:
        """Return the last deployment; None: there was none."""

    def after(self, generation: int) -> Deployment | None:
        """Return the last deployment above a generation; None: there is none."""

    def open(self, version: str) -> LoadedModel:
        """Load a version and check it against the job's features; "" is the highest."""

    def reject(self, version: str, generation: int, reason: str) -> None:
        """Record that a version may not serve."""


class DeployedVersions:
    """A model's versions in a registry, loaded by the job's ``opener``."""

    def __init__(self, registry: Registry, name: str, opener: Opener) -> None:
        self.name = name
        self._registry = registry
        self._deployments = registry.deployments(name)
        self._opener = opener

    def latest(self) -> Deployment | None:
        """Return the last deployment; None: there was none."""
        return self._deployments.latest()

    def after(self, generation: int) -> Deployment | None:
        """Return the last deployment above a generation; None: there is none."""
        return self._deployments.after(generation)

    def open(self, version: str) -> LoadedModel:
        """Load a version and check it against the job's features; "" is the highest."""
        return self._opener(*self._registry.resolve(self.name, version))

    def reject(self, version: str, generation: int, reason: str) -> None:
        """Record that a version may not serve; of several workers the first writes the record."""
        # The registry may be read-only for a job, or lack the version; the job's log and metrics report it, too.
        with suppress(ModelError):
            self._registry.record(self.name, version, "rejected", reason=reason, generation=generation)
