"""What happens to the models that serve, told to whoever counts and logs it."""

from __future__ import annotations

from typing import Protocol

from models.errors import ModelError
from models.scoring.loaded import LoadedModel


class SwapListener(Protocol):
    """Hears of every change; called from the threads that load, never for a batch."""

    def loaded(self, model: LoadedModel, seconds: float) -> None:
        """A version was loaded and found fit to serve, in so many seconds."""

    def unloaded(self, model: LoadedModel) -> None:
        """A version was let go."""

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        """A version serves in place of another."""

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        """A version may not serve; the one before goes on."""

    def no_fallback(self, name: str, error: Exception) -> None:
        """The version before cannot be loaded beside the one that serves."""

    def registry_failed(self, name: str, error: ModelError) -> None:
        """The registry could not be asked; what serves goes on."""

    def registry_back(self, name: str) -> None:
        """The registry answers again."""


class Silent:
    """Hears everything and does nothing."""

    def loaded(self, model: LoadedModel, seconds: float) -> None:
        """Does nothing."""

    def unloaded(self, model: LoadedModel) -> None:
        """Does nothing."""

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        """Does nothing."""

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        """Does nothing."""

    def no_fallback(self, name: str, error: Exception) -> None:
        """Does nothing."""

    def registry_failed(self, name: str, error: ModelError) -> None:
        """Does nothing."""

    def registry_back(self, name: str) -> None:
        """Does nothing."""
