"""The contract of trackers, and the order of one by a feature.

Rules
- Rows come in the order of event time; where they are cut into batches changes no bit of any answer.
- A row is answered with what was known before it, unless the tracker forecasts what comes after it.
- NaN among a row's values: its answer is NaN, and nothing is learnt of it, unless the tracker says otherwise.
- ``restore(snapshot())`` and going on equals never having stopped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Tracker(Protocol):
    """Follower of the rows of one key."""

    def follow(self, times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Answer and learn some rows.

        Args:
            times: event times in epoch milliseconds, ascending, ``(n,)``.
            values: values of the sources, ``(n, s)``, NaN where there is none.

        Returns:
            The answers, ``(n, w)``.
        """

    def snapshot(self) -> bytes:
        """Return the state."""

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot.

        Raises:
            ValueError: the bytes are of another format version or of other settings.
        """


class TrackerSettings(Protocol):
    """Settings of a kind of tracker."""

    def start(self, sources: int) -> Tracker:
        """Return a tracker of rows of so many values that has seen nothing."""


@dataclass(frozen=True)
class TrackerSpec:
    """One tracker a key, and where its answers go.

    Args:
        columns: columns of the answers.
        key: field whose equal values belong together.
        sources: fields that are followed.
        settings: of the tracker.
    """

    columns: tuple[str, ...]
    key: str
    sources: tuple[str, ...]
    settings: TrackerSettings

    @cached_property
    def state_name(self) -> str:
        """Name of its state: another one where it follows other fields, or in another way."""
        return hashlib.sha256(repr((self.columns, self.sources, self.settings)).encode()).hexdigest()[:16]
