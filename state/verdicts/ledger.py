"""Units of a shard: the variant and step that each was first given, and its values so far.

Rules of this file:

- A unit counts once, for the variant that answered it first. Rows of another variant are not counted for it: they would
  make a unit part of both arms. That it was seen in both is counted.
- Where a ramp grows, some units move to another variant. They count for neither from then on: the arms would otherwise
  differ in when their events were. Who moves depends on the unit's point alone, so those that stay are as they were.
- Values of a unit add up over its events; moments take the unit's change, never the event.
- Rows come in an order of their own (see `in_order`), so sums are the same to the bit after a restore.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from state.experiments.auc import ScoreCounts
from state.experiments.moments import Moments
from state.verdicts.cells import Cell, Cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from state.verdicts.outcomes import Outcomes

_LEAST = 256
_MOVED = -1

ArmsOf = Callable[["NDArray[np.uint64]", tuple[float, ...]], "NDArray[np.int64]"]


class UnitLedger:
    """The units of one experiment in one shard.

    Args:
        per_unit: for each metric, whether it is the sum of a unit's events; else their mean.
        arms_of: function that returns the variants of points at some shares.
        counts_scores: keep counts of predictions by outcome.
    """

    def __init__(self, per_unit: Sequence[bool], arms_of: ArmsOf, *, counts_scores: bool = False) -> None:
        self._per_unit = tuple(per_unit)
        self._arms_of = arms_of
        self._counts_scores = counts_scores
        self.cells = Cells(len(self._per_unit))
        self._places: dict[int, int] = {}
        self._arms, self._steps = np.empty(_LEAST, np.int64), np.empty(_LEAST, np.int64)
        self._is_in_both, self._last_steps = np.zeros(_LEAST, np.bool_), np.full(_LEAST, -1, np.int64)
        # Sums and numbers of events of each unit, one column a metric.
        self._sums, self._events = (np.zeros((_LEAST, len(self._per_unit))) for _ in range(2))

    def __len__(self) -> int:
        return len(self._places)

    def add(self, rows: Outcomes) -> None:
        """Count rows of one step."""
        if rows.step not in self.cells.shares:
            is_later = bool(self.cells.shares) and rows.step > max(self.cells.shares)
            self.cells.shares[rows.step] = rows.shares
            if is_later:
                self._let_go(rows.shares)
        places = self._place(rows)
        self._note_active(places, rows.step)
        for arm in () if rows.is_delayed else np.unique(rows.arms).tolist():
            cell = self.cells.cell(arm, rows.step)
            times = rows.times[rows.arms == arm]
            cell.last_ms = max(cell.last_ms, int(times.max()))
            cell.first_ms = min(cell.first_ms, int(times.min()))
        is_own = rows.arms == self._arms[places]
        self._note_others(places[~is_own & (self._arms[places] != _MOVED)])
        for metric in range(len(self._per_unit)):
            counted = np.flatnonzero(is_own & np.isfinite(rows.values[:, metric]))
            if len(counted):
                self._count(metric, places[counted], rows.values[counted, metric])
        self._count_outcomes(rows, is_own & np.isfinite(rows.labels))
        if self._counts_scores:
            # Counts of a unit that moves later cannot be taken back, so both arms count rows of the unit's own step.
            is_counted = is_own & (self._steps[places] == rows.step)
            self._count_scores(rows, places, is_counted & np.isfinite(rows.scores) & np.isfinite(rows.labels))

    def _place(self, rows: Outcomes) -> NDArray[np.int64]:
        """Return the place of each row's unit; units that were not seen before get one, their variant and step."""
        points = rows.points.tolist()
        places = np.fromiter(map(self._places.get, points, repeat(-1)), np.int64, len(points))
        unknown = np.flatnonzero(places < 0)
        if not len(unknown):
            return places
        _, first = np.unique(rows.points[unknown], return_index=True)
        new = unknown[np.sort(first)]
        begin = len(self._places)
        self._grow(begin + len(new))
        self._places.update(zip(rows.points[new].tolist(), range(begin, begin + len(new)), strict=True))
        self._assign(slice(begin, begin + len(new)), rows.take(new))
        places[unknown] = np.fromiter(
            map(self._places.__getitem__, rows.points[unknown].tolist()), np.int64, len(unknown)
        )
        return places

    def _assign(self, places: slice, first: Outcomes) -> None:
        """Give new units the variant and step of their first rows; late ones only where no ramp has moved them."""
        latest, arms = max(self.cells.shares), first.arms
        is_kept = np.ones(len(arms), np.bool_)
        if first.step < latest:
            is_kept = self._arms_of(first.points, self.cells.shares[latest]) == arms
        self._arms[places], self._steps[places] = np.where(is_kept, arms, _MOVED), first.step
        for arm in np.unique(arms).tolist():
            cell, is_own = self.cells.cell(arm, first.step), arms == arm
            cell.units += int(np.count_nonzero(is_own & is_kept))
            cell.assigned += int(np.count_nonzero(is_own))

    def _grow(self, size: int) -> None:
        if size <= len(self._arms):
            return
        more = max(size, 2 * len(self._arms)) - len(self._arms)
        self._arms, self._steps = (np.concatenate([old, np.zeros(more, np.int64)]) for old in (self._arms, self._steps))
        self._is_in_both = np.concatenate([self._is_in_both, np.zeros(more, np.bool_)])
        self._last_steps = np.concatenate([self._last_steps, np.full(more, -1, np.int64)])
        empty = np.zeros((more, len(self._per_unit)))
        self._sums, self._events = np.concatenate([self._sums, empty]), np.concatenate([self._events, empty])

    def _note_active(self, places: NDArray[np.int64], step: int) -> None:
        """Count the units that have their first row of a step."""
        new = np.unique(places[self._last_steps[places] < step])
        self._last_steps[new] = step
        self.cells.active[step] = self.cells.active.get(step, 0) + len(new)

    def _let_go(self, shares: tuple[float, ...]) -> None:
        """Leave out the units that have another variant at these shares, and sum up the others again."""
        size = len(self)
        points = np.fromiter(self._places, np.uint64, size)
        self._arms[:size][self._arms_of(points, shares) != self._arms[:size]] = _MOVED
        for cell in self.cells.cells.values():
            cell.moments = [Moments.from_units(np.empty(0)) for _ in self._per_unit]
            cell.events, cell.units, cell.in_both = [0.0] * len(self._per_unit), 0, 0
        kept = np.flatnonzero(self._arms[:size] != _MOVED)
        for cell, at in self._by_cell(kept):
            units = kept[at]
            cell.units, cell.in_both = len(units), int(np.count_nonzero(self._is_in_both[units]))
            for metric in range(len(self._per_unit)):
                known = units[self._events[units, metric] > 0]
                nothing = np.zeros(len(known))
                self._change(cell, metric, known, nothing, nothing)

    def _note_others(self, places: NDArray[np.int64]) -> None:
        """Note units that another variant answered."""
        new = np.unique(places[~self._is_in_both[places]])
        self._is_in_both[new] = True
        for cell, at in self._by_cell(new):
            cell.in_both += len(at)

    def _by_cell(self, places: NDArray[np.int64]) -> list[tuple[Cell, NDArray[np.intp]]]:
        """Return the cells that units count for, and where those of each are; none of the units has moved."""
        if not len(places):
            return []
        steps = self._steps[places]
        width = int(steps.max()) + 1
        # There are few cells and many units, so counts are found much faster than an order.
        codes = self._arms[places] * width + steps
        found = np.flatnonzero(np.bincount(codes)).tolist()
        return [(self.cells.cell(*divmod(code, width)), np.flatnonzero(codes == code)) for code in found]

    def _count(self, metric: int, places: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add values to their units, and the units' changes to the moments."""
        units, inverse = np.unique(places, return_inverse=True)
        sums, events = self._sums[units, metric], self._events[units, metric]
        self._sums[units, metric] = sums + np.bincount(inverse, values)
        self._events[units, metric] = events + np.bincount(inverse)
        for cell, at in self._by_cell(units):
            self._change(cell, metric, units[at], sums[at], events[at])

    def _change(
        self,
        cell: Cell,
        metric: int,
        units: NDArray[np.int64],
        sums: NDArray[np.float64],
        events: NDArray[np.float64],
    ) -> None:
        """Replace the values of units, of which those without events are new to the metric."""
        new_sums, new_events = self._sums[units, metric], self._events[units, metric]
        cell.events[metric] += float((new_events - events).sum())
        known = events > 0
        moments = cell.moments[metric]
        if known.any():
            old_d, new_d = (None, None) if self._per_unit[metric] else (events[known], new_events[known])
            moments = moments.updated(sums[known], new_sums[known], old_d=old_d, new_d=new_d)
        if not known.all():
            moments += Moments.from_units(new_sums[~known], None if self._per_unit[metric] else new_events[~known])
        cell.moments[metric] = moments

    def _count_outcomes(self, rows: Outcomes, is_counted: NDArray[np.bool_]) -> None:
        """Count outcomes by kind: of too few, nothing is known of a rare kind."""
        for arm in np.unique(rows.arms[is_counted]).tolist():
            labels = rows.labels[is_counted & (rows.arms == arm)]
            positives = int(np.count_nonzero(labels > 0))
            cell = self.cells.cell(arm, rows.step)
            cell.positives += positives
            cell.negatives += len(labels) - positives

    def _count_scores(self, rows: Outcomes, places: NDArray[np.int64], is_counted: NDArray[np.bool_]) -> None:
        counted = np.flatnonzero(is_counted)
        for cell, at in self._by_cell(places[counted]):
            own = counted[at]
            found = ScoreCounts.from_scores(rows.scores[own], rows.labels[own] > 0)
            cell.scores = found if cell.scores is None else cell.scores + found

    def to_bytes(self) -> bytes:
        """Return the units and their sums as bytes."""
        size = len(self)
        points = np.fromiter(self._places, np.uint64, size)
        cells = self.cells.to_bytes()
        columns = (
            points.astype("<u8"),
            self._arms[:size].astype("<i2"),
            self._steps[:size].astype("<i2"),
            self._last_steps[:size].astype("<i2"),
            self._is_in_both[:size],
            self._sums[:size].astype("<f8"),
            self._events[:size].astype("<f8"),
        )
        head = orjson.dumps({"units": size, "cells": len(cells)})
        return b"".join([head, b"\n", cells, *(column.tobytes() for column in columns)])

    def restore(self, data: bytes) -> None:
        """Take the units and sums of ``to_bytes``."""
        end = data.index(b"\n")
        head = orjson.loads(data[:end])
        size, metrics = head["units"], len(self._per_unit)
        place = end + 1 + head["cells"]
        self.cells = Cells.from_bytes(data[end + 1 : place])
        kinds: tuple[tuple[Any, int], ...] = (
            ("<u8", size),
            ("<i2", size),
            ("<i2", size),
            ("<i2", size),
            (np.bool_, size),
            ("<f8", size * metrics),
            ("<f8", size * metrics),
        )
        columns = []
        for kind, count in kinds:
            columns.append(np.frombuffer(data, kind, count, place))
            place += columns[-1].nbytes
        self._grow(size)
        self._places = dict(zip(columns[0].tolist(), range(size), strict=True))
        self._arms[:size], self._steps[:size], self._last_steps[:size], self._is_in_both[:size] = columns[1:5]
        self._sums[:size], self._events[:size] = (column.reshape(size, metrics) for column in columns[5:])
