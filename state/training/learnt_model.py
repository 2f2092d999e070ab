"""A model as it is at the end of a slot, for a version."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class LearntModel:
    """A model and the report on it.

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
        known = {name: value for name, value in self.scores.items() if math.isfinite(value)}
        head = {"updates": self.updates, "held_out": self.held_out, "newest_ms": self.newest_ms, "scores": known}
        return b"\n".join([orjson.dumps(head), self.state])

    @classmethod
    def from_bytes(cls, data: bytes) -> LearntModel:
        """Return what ``to_bytes`` wrote; scores that were not computable are left out."""
        head, state = data.split(b"\n", 1)
        return cls(state, **orjson.loads(head))


def summed(models: Sequence[LearntModel]) -> LearntModel:
    """Return the report on several models, at least one, as on a single one without a state.

    Counts are added up, scores are means over the rows learnt.

    >>> first, second = LearntModel(b"", 30, 3, 7, {"mae": 1.0}), LearntModel(b"", 10, 1, 9, {"mae": 2.0})
    >>> summed([first, second])
    LearntModel(state=b'', updates=40, held_out=4, newest_ms=9, scores={'mae': 1.25})
    """
    found: dict[str, float] = {}
    for name in dict.fromkeys(name for model in models for name in model.scores):
        known = [(model.scores[name], model.updates) for model in models if name in model.scores]
        rows = sum(updates for _, updates in known)
        found[name] = sum(score * updates for score, updates in known) / rows if rows else known[0][0]
    return LearntModel(
        b"",
        sum(model.updates for model in models),
        sum(model.held_out for model in models),
        max(model.newest_ms for model in models),
        found,
    )
