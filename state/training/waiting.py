"""Samples whose outcome is not known yet, and what of them is in the state of a shard."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np

from state.training.samples import Samples, in_order, joined

_PREFIX = "waiting|"


class SampleStore(Protocol):
    """Bytes by key, of the current shard."""

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Return all entries."""

    def get(self, key: str) -> bytes | None:
        """Return an entry; None: there is none."""

    def put(self, key: str, value: bytes) -> None:
        """Write an entry."""

    def remove(self, key: str) -> None:
        """Remove an entry."""


class WaitingSamples:
    """Samples of a shard until the watermark reaches the time at which their outcome is known.

    Each piece is in the state as it came, or its remaining rows.

    Args:
        update_rows: rows that are enough for an update.
        update_ms: event time after which fewer rows are an update, too.
    """

    def __init__(self, update_rows: int, update_ms: int) -> None:
        self._rows, self._ms = update_rows, update_ms
        self._pieces: dict[int, Samples] = {}
        self._firsts: list[tuple[int, int]] = []
        self._next = 0

    def __len__(self) -> int:
        return sum(map(len, self._pieces.values()))

    def restore(self, entries: Mapping[str, bytes]) -> None:
        """Take the pieces among the entries of a state."""
        for key, data in entries.items():
            if key.startswith(_PREFIX):
                self._keep(int(key.removeprefix(_PREFIX)), Samples.from_bytes(data))

    def add(self, store: SampleStore, samples: Samples) -> None:
        """Keep samples, of which there is at least one."""
        samples = samples.take(np.argsort(samples.known, kind="stable"))
        number = self._next
        self._keep(number, samples)
        store.put(_key(number), samples.to_bytes())

    def due_at(self) -> int | None:
        """Return the watermark with which rows should be taken; None: none wait."""
        if not self._firsts:
            return None
        first, number = self._firsts[0]
        end = -(-(first + 1) // self._ms) * self._ms
        piece = self._pieces[number].known
        enough = piece[self._rows - 1] if len(piece) >= self._rows else end
        return min(end, int(enough))

    def take(self, store: SampleStore, watermark: int) -> Samples | None:
        """Return the rows whose outcome is known by a watermark, in the order to learn; None: there are none."""
        parts = []
        while self._firsts and self._firsts[0][0] <= watermark:
            _, number = heapq.heappop(self._firsts)
            piece = self._pieces.pop(number)
            end = int(np.searchsorted(piece.known, watermark, side="right"))
            parts.append(piece.take(slice(0, end)))
            if end < len(piece):
                rest = piece.take(slice(end, None))
                self._keep(number, rest)
                store.put(_key(number), rest.to_bytes())
            else:
                store.remove(_key(number))
        return in_order(joined(parts)) if parts else None

    def _keep(self, number: int, samples: Samples) -> None:
        self._pieces[number] = samples
        heapq.heappush(self._firsts, (int(samples.known[0]), number))
        self._next = max(self._next, number + 1)


def _key(number: int) -> str:
    return f"{_PREFIX}{number}"
