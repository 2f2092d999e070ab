"""Interface of listeners that count the values that batches get from the feature store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


class JoinListener(Protocol):
    """Listener that is called for batches that were joined with the feature store."""

    def joined(self, seconds: float) -> None:
        """Hear how long a batch took."""

    def defaulted(self, column: str, rows: Mapping[str, int]) -> None:
        """Hear how many rows of a feature have no number of the store, by reason; rows without an entity are none.

        The reasons are ``missing``, ``old`` and ``unanswered``.
        """

    def aged(self, column: str, ages_ms: NDArray[np.int64]) -> None:
        """Hear how old the numbers of a feature are, once for each entity that a batch has, at its newest event."""

    def close(self) -> None:
        """Hear that no batch follows."""
