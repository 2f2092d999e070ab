"""Sums of an experiment's units, by variant and step, on which verdicts rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from state.experiments.auc import CELLS, ScoreCounts
from state.experiments.moments import Moments
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_NEVER = -(2**63)
_COUNTS = ("units", "in_both", "assigned", "positives", "negatives", "first_ms", "last_ms")


@dataclass
class Cell:
    """The units that one variant got first at one step.

    Attributes:
        moments: of their values, one a metric.
        events: rows with a value, one number a metric.
        units: number of units that count.
        in_both: those of them that another variant answered, too.
        assigned: units that the variant ever got first at the step, those too that a ramp has moved since.
        first_ms: time of the earliest row; the greatest number without one.
        last_ms: time of the latest row; the least number without one.
        scores: counts of predictions by outcome; None: they are not wanted.
        positives: rows with an outcome over 0.
        negatives: rows with another outcome.
    """

    moments: list[Moments]
    events: list[float]
    units: int = 0
    in_both: int = 0
    assigned: int = 0
    first_ms: int = -_NEVER - 1
    last_ms: int = _NEVER
    scores: ScoreCounts | None = None
    positives: int = 0
    negatives: int = 0


@dataclass
class Cells:
    """The cells of an experiment, in one shard or in all.

    Attributes:
        metrics: number of metrics.
        cells: by variant and step.
        shares: share of each variant by step.
        active: units that had a row at a step, whatever their variant, by step.
        fractions: values other than 0 and 1, one number a metric; empty: they are not counted.
    """

    metrics: int
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    shares: dict[int, tuple[float, ...]] = field(default_factory=dict)
    active: dict[int, int] = field(default_factory=dict)
    fractions: list[int] = field(default_factory=list)

    def cell(self, arm: int, step: int) -> Cell:
        """Return the cell of a variant and a step, a new one if there was none."""
        found = self.cells.get((arm, step))
        if found is None:
            empty = [Moments.from_units(np.empty(0)) for _ in range(self.metrics)]
            found = self.cells[arm, step] = Cell(empty, [0.0] * self.metrics)
        return found

    def at(self, step: int) -> Iterator[tuple[int, Cell]]:
        """Yield the cells of a step with their variants."""
        for (arm, of_step), cell in sorted(self.cells.items()):
            if of_step == step:
                yield arm, cell

    def to_bytes(self) -> bytes:
        """Return the cells as bytes: a line of JSON, then the moments."""
        listed = [
            [arm, step, _counts(cell), cell.events, _sparse(cell.scores)]
            for (arm, step), cell in sorted(self.cells.items())
        ]
        shares = [[step, shares] for step, shares in sorted(self.shares.items())]
        active = sorted(self.active.items())
        head = {"version": VERSION, "metrics": self.metrics, "cells": listed, "shares": shares, "active": active}
        head |= {"fractions": self.fractions} if self.fractions else {}
        moments = [each.pack() for _, cell in sorted(self.cells.items()) for each in cell.moments]
        return orjson.dumps(head) + b"\n" + (np.stack(moments).astype("<f8").tobytes() if moments else b"")

    @classmethod
    def from_bytes(cls, data: bytes) -> Cells:
        """Return what ``to_bytes`` wrote.

        Raises:
            ValueError: the bytes are of another version of the format.
        """
        end = data.index(b"\n")
        head = orjson.loads(data[:end])
        check_version("cells", head["version"], VERSION, "start the experiment under another name")
        shares = {step: tuple(shares) for step, shares in head["shares"]}
        active, fractions = dict(head["active"]), head.get("fractions", [])
        made = cls(head["metrics"], shares=shares, active=active, fractions=fractions)
        packed, count = np.frombuffer(data, "<f8", offset=end + 1), len(head["cells"]) * made.metrics
        moments = [Moments.unpack(each) for each in packed.reshape(count, -1)] if count else []
        for place, (arm, step, counts, events, scores) in enumerate(head["cells"]):
            own = moments[place * made.metrics : (place + 1) * made.metrics]
            made.cells[arm, step] = Cell(own, events, **dict(zip(_COUNTS, counts, strict=True)), scores=_dense(scores))
        return made


def together(parts: Iterable[Cells], metrics: int) -> Cells:
    """Return the sums of several shards."""
    made = Cells(metrics)
    for part in parts:
        made.shares |= part.shares
        if part.fractions:
            made.fractions = [sum(pair) for pair in zip(made.fractions or [0] * metrics, part.fractions, strict=True)]
        for step, units in part.active.items():
            made.active[step] = made.active.get(step, 0) + units
        for (arm, step), cell in sorted(part.cells.items()):
            own = made.cell(arm, step)
            own.moments = [left + right for left, right in zip(own.moments, cell.moments, strict=True)]
            own.events = [left + right for left, right in zip(own.events, cell.events, strict=True)]
            own.units += cell.units
            own.in_both += cell.in_both
            own.assigned += cell.assigned
            own.positives += cell.positives
            own.negatives += cell.negatives
            own.first_ms, own.last_ms = min(own.first_ms, cell.first_ms), max(own.last_ms, cell.last_ms)
            if cell.scores is not None:
                own.scores = cell.scores if own.scores is None else own.scores + cell.scores
    return made


def _counts(cell: Cell) -> list[int]:
    return [getattr(cell, name) for name in _COUNTS]


def _sparse(scores: ScoreCounts | None) -> Mapping[str, Any] | None:
    if scores is None:
        return None
    flat = scores.counts.ravel()
    places = np.flatnonzero(flat)
    return {"places": places.tolist(), "counts": flat[places].tolist()}


def _dense(scores: Mapping[str, Any] | None) -> ScoreCounts | None:
    if scores is None:
        return None
    flat: NDArray[np.int64] = np.zeros(2 * CELLS, np.int64)
    flat[scores["places"]] = scores["counts"]
    return ScoreCounts(flat.reshape(2, CELLS))
