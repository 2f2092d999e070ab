"""Slots of event time, each of which ends with a version of the model.

Rules of this file:

- A slot has a fixed length, and ends at a multiple of it. Slots without a sample are left out.
- Samples are learnt as soon as their outcome is known; a slot ends when the watermark is past it. So which samples a
  version has learnt depends on their times alone.
- A sample that comes after its slot has ended is learnt in the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from state.training.samples import Samples

_SIZE = 8


@dataclass
class Slots:
    """Slots of one shard.

    Attributes:
        length_ms: length of a slot.
        ended_ms: end of the last slot that is over.
        open_ms: end of the slot that samples are learnt in; None: there is none.
    """

    length_ms: int
    ended_ms: int | None = None
    open_ms: int | None = None

    def parts(self, samples: Samples) -> Iterator[tuple[int, Samples]]:
        """Yield samples by the end of their slot.

        Args:
            samples: in the order of the times at which their outcomes became known.
        """
        ends = (samples.known // self.length_ms + 1) * self.length_ms
        if self.ended_ms is not None:
            ends = np.maximum(ends, self.ended_ms + self.length_ms)
        if self.open_ms is not None:
            ends = np.maximum(ends, self.open_ms)
        cuts = np.flatnonzero(np.diff(ends)) + 1
        for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(samples)], strict=True):
            yield int(ends[begin]), samples.take(slice(begin, end))

    def begin(self, end_ms: int) -> None:
        """Note that samples are learnt in a slot."""
        self.open_ms = end_ms

    def end(self) -> int:
        """End the open slot, and return its end."""
        assert self.open_ms is not None
        self.ended_ms, self.open_ms = self.open_ms, None
        return self.ended_ms

    def is_past(self, watermark: int) -> bool:
        """Return whether a watermark is past the open slot."""
        return self.open_ms is not None and watermark >= self.open_ms - 1

    def to_bytes(self) -> bytes:
        """Return the state."""
        known = (self.length_ms, self.ended_ms, self.open_ms)
        return b"".join((-1 if each is None else each).to_bytes(_SIZE, "little", signed=True) for each in known)

    def restore(self, data: bytes) -> None:
        """Continue from a state.

        Raises:
            ValueError: it is of slots of another length.
        """
        length, *times = (
            int.from_bytes(data[place : place + _SIZE], "little", signed=True) for place in range(0, len(data), _SIZE)
        )
        if length != self.length_ms:
            msg = (
                f"checkpoint_interval: expected that of the saved state, {length} ms, got {self.length_ms} ms; "
                "versions are numbered by it, so go on with the old one, or start without the saved state"
            )
            raise ValueError(msg)
        self.ended_ms, self.open_ms = (None if each == -1 else each for each in times)
