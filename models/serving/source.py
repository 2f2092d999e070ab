"""What a scorer asks for: the model for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from models.scoring.loaded import LoadedModel
from models.serving.events import Silent, SwapListener

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from models.scoring.outputs import Scores


class ModelSource(Protocol):
    """Hands out the model that serves, a batch at a time."""

    def lease(self) -> AbstractContextManager[LoadedModel]:
        """The model for one batch; it stays open until the block is left."""

    def lease_fallback(self) -> AbstractContextManager[LoadedModel | None]:
        """The model for rows that the one that serves fails on; None: there is none, or it is not loaded yet."""

    def observe(self, matrix: NDArray[Any], scores: Scores) -> None:
        """Takes note of a batch that was scored: rows to try the next model on."""

    def close(self) -> None:
        """Lets go of all models."""


class FixedModel:
    """A source of one model, a pinned version or a bare file, and maybe one for rows that it fails on."""

    def __init__(
        self, model: LoadedModel, fallback: LoadedModel | None = None, listener: SwapListener | None = None
    ) -> None:
        self.model = model
        self.fallback = fallback
        self._listener = listener or Silent()

    @contextmanager
    def lease(self) -> Iterator[LoadedModel]:
        """The one model."""
        yield self.model

    @contextmanager
    def lease_fallback(self) -> Iterator[LoadedModel | None]:
        """The other model."""
        yield self.fallback

    def observe(self, matrix: NDArray[Any], scores: Scores) -> None:
        """Does nothing: no model comes after this one."""

    def close(self) -> None:
        """Lets go of the models."""
        for model in (self.model, self.fallback):
            if model is not None:
                model.close()
                self._listener.unloaded(model)
