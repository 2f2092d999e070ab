"""Interface of sequential detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from state.drift.sequential.change import Change


class Detector(Protocol):
    """A detector that watches one stream and ignores NaN; only one thread at a time may use it."""

    def update(self, values: ArrayLike) -> list[Change]:
        """Take values in order, and return the changes found; the split into batches changes nothing."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins."""

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Continue from a snapshot as if there had been no break."""
