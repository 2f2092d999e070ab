"""Scores of a model that learns over event time, beside those of what was served, and marks of what happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.run_folder.learning import MEASURES, LearningSlot

Floats = NDArray[np.float64]
Kind = Literal["promoted", "published", "not published", "rolled back", "drift"]


@dataclass(frozen=True)
class LearningCurve:
    """Scores at the ends of n slots, NaN where they are not known.

    Attributes:
        ends: ends of the slots in milliseconds since 1970, (n,).
        learner: scores of the model that learns by name, (n,) each.
        served: the same of what was served.
    """

    ends: NDArray[np.int64]
    learner: Mapping[str, Floats]
    served: Mapping[str, Floats]

    @property
    def measures(self) -> tuple[str, ...]:
        """The main scores that are known at the end of some slot."""
        there = {name for scores in (self.learner, self.served) for name in scores}
        return tuple(name for name in MEASURES if name in there)


@dataclass(frozen=True)
class Mark:
    """Something that happened to a model by the end of a slot; ``text`` says more."""

    kind: Kind
    ended_at: int
    text: str


def learning_curve(slots: Sequence[LearningSlot], *, most: int = 1_000) -> LearningCurve:
    """Return the scores of a model over time.

    Args:
        slots: at least one, in the order of time.
        most: most points; of more, those at even distances, the last one included.
    """
    kept = slots[::-1][:: -(-len(slots) // most)][::-1]
    ends = np.array([slot.ended_at for slot in kept], np.int64)
    return LearningCurve(ends, _columns([slot.scores for slot in kept]), _columns([slot.served for slot in kept]))


def marks(slots: Sequence[LearningSlot]) -> Iterator[Mark]:
    """Yield what happened to a model, in the order of its slots."""
    before: LearningSlot | None = None
    for slot in slots:
        if slot.version is not None:
            kind: Kind = "promoted" if slot.is_promoted else "published"
            yield Mark(kind, slot.ended_at, " ".join(filter(None, [slot.version, slot.kept_because])))
        elif slot.problem:
            yield Mark("not published", slot.ended_at, slot.problem)
        yield from _counted(before, slot)
        before = slot


def _counted(before: LearningSlot | None, slot: LearningSlot) -> Iterator[Mark]:
    """Yield what was counted since the slot before; a run that continues from a state counts from its first slot on."""
    if before is None and slot.updates > slot.rows:
        return
    rolled_back = slot.rolled_back - (before.rolled_back if before else 0)
    drifts = slot.drifts - (before.drifts if before else 0)
    if rolled_back > 0:
        yield Mark("rolled back", slot.ended_at, f"{rolled_back:,} since the slot before")
    if drifts > 0:
        yield Mark("drift", slot.ended_at, f"{drifts:,} since the slot before")


def _columns(scores: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    names = dict.fromkeys(name for each in scores for name in each)
    return {name: np.array([each.get(name, np.nan) for each in scores]) for name in names}
