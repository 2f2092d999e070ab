"""Events of the models that serve, for the code that counts and logs them."""

from __future__ import annotations

from typing import Protocol

from models.errors import ModelError
from models.scoring.loaded import LoadedModel


class SwapListener(Protocol):
    """A listener for every change; the threads that load models call it, never the scoring of a batch."""

    def loaded(self, model: LoadedModel, seconds: float) -> None:
        """Note that a version was loaded and found fit to serve, in so many seconds."""

    def unloaded(self, model: LoadedModel) -> None:
        """Note that a version was closed."""

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        """Note that a version serves in place of another."""

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        """Note that a version may not serve; the serving version stays."""

    def no_fallback(self, name: str, error: Exception) -> None:
        """Note that the previous version cannot be loaded as a fallback beside the serving one."""

    def registry_failed(self, name: str, error: ModelError) -> None:
        """Note that the registry does not answer; the serving version stays."""

    def registry_back(self, name: str) -> None:
        """Note that the registry answers again."""

    def registry_rewound(self, name: str, seen: int, found: int) -> None:
        """Note that the last generation is another than the one seen last, as after the restore of a backup."""


class NullListener:
    """A listener that does nothing."""

    def loaded(self, model: LoadedModel, seconds: float) -> None:
        """Do nothing."""

    def unloaded(self, model: LoadedModel) -> None:
        """Do nothing."""

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        """Do nothing."""

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        """Do nothing."""

    def no_fallback(self, name: str, error: Exception) -> None:
        """Do nothing."""

    def registry_failed(self, name: str, error: ModelError) -> None:
        """Do nothing."""

    def registry_back(self, name: str) -> None:
        """Do nothing."""

    def registry_rewound(self, name: str, seen: int, found: int) -> None:
        """Do nothing."""
