"""A model as it is at the end of a slot, for a version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class LearntModel:
    """A model and what is told of it.

    Attributes:
        state: of the chain that learns.
        updates: rows learnt.
        held_out: rows held out.
        newest_ms: event time of the newest row learnt, ms since 1970; -1: none was.
        scores: of predictions that it made before it learnt each row.
    """

    state: bytes
    updates: int
    held_out: int
    newest_ms: int
    scores: Mapping[str, float]

    def to_bytes(self) -> bytes:
        """Return the model as bytes: a line of JSON, then the state."""
        known = {name: value for name, value in self.scores.items() if not math.isnan(value)}
        head = {"updates": self.updates, "held_out": self.held_out, "newest_ms": self.newest_ms, "scores": known}
        return b"\n".join([orjson.dumps(head), self.state])

    @classmethod
    def from_bytes(cls, data: bytes) -> LearntModel:
        """Return what ``to_bytes`` wrote; scores that were not computable are left out."""
        head, state = data.split(b"\n", 1)
        return cls(state, **orjson.loads(head))
