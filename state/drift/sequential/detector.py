"""What sequential detectors have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from state.drift.sequential.change import Change


class Detector(Protocol):
    """Watches one stream; not for several threads at once. Values that are NaN are passed over."""

    def update(self, values: ArrayLike) -> list[Change]:
        """Take values in order, and return the changes found; how values are cut into batches changes nothing."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins."""

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot as if there had been no break."""
