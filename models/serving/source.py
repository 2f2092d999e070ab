"""Sources from which a scorer gets the model for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from models.scoring.loaded import LoadedModel
from models.serving.events import NullListener, SwapListener

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from models.scoring.inputs import Inputs
    from models.scoring.outputs import Scores


class ModelSource(Protocol):
    """A source of the serving model, batch by batch.

    Several threads may hold a lease at once. A leased model is valid only inside its block. Callers must not change
    rows after they pass them to a model, and sources do not change them.
    """

    def lease(self) -> AbstractContextManager[LoadedModel]:
        """Return the model for one batch; it stays open until the block is left."""

    def lease_fallback(self) -> AbstractContextManager[LoadedModel | None]:
        """Return the model for rows on which the serving model fails; None: there is none, or it is not loaded yet."""

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        """Keep rows of a scored batch as the probe for the next model; a source keeps copies."""

    def close(self) -> None:
        """Close all models."""


class FixedModel:
    """A source of one model, a pinned version or a bare file, with an optional fallback model."""

    def __init__(
        self, model: LoadedModel, fallback: LoadedModel | None = None, listener: SwapListener | None = None
    ) -> None:
        self.model = model
        self.fallback = fallback
        self._listener = listener or NullListener()

    @contextmanager
    def lease(self) -> Iterator[LoadedModel]:
        """Return the one model."""
        yield self.model

    @contextmanager
    def lease_fallback(self) -> Iterator[LoadedModel | None]:
        """Return the fallback model; None: there is none."""
        yield self.fallback

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        """Do nothing, as no model follows this one."""

    def close(self) -> None:
        """Close the models."""
        for model in (self.model, self.fallback):
            if model is not None:
                model.close()
                self._listener.unloaded(model)
