"""What a scorer asks for: the model for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from models.loaded import LoadedModel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from models.outputs import Scores


class ModelSource(Protocol):
    """Hands out the model that serves, a batch at a time."""

    def lease(self) -> AbstractContextManager[LoadedModel]:
        """The model for one batch; it stays open until the block is left."""

    def observe(self, matrix: NDArray[Any], scores: Scores) -> None:
        """Takes note of a batch that was scored: rows to try the next model on."""

    def close(self) -> None:
        """Lets go of all models."""


class FixedModel:
    """A source of one model: a pinned version, or a bare file."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model

    @contextmanager
    def lease(self) -> Iterator[LoadedModel]:
        """The one model."""
        yield self.model

    def observe(self, matrix: NDArray[Any], scores: Scores) -> None:
        """Does nothing: no model comes after this one."""

    def close(self) -> None:
        """Lets go of the model."""
        self.model.close()
