"""Units of a shard: the variant and step that each was first given, and its values so far.

Rules of this file:

- A unit counts once, for the variant that answered it first. Rows of another variant are not counted for it: they would
  make a unit part of both arms. That it was seen in both is counted.
- Where a ramp grows, some units move to another variant. They count for neither from then on: the arms would otherwise
  differ in when their events were. Who moves depends on the unit's point alone, so those that stay are as they were.
- Values of a unit add up over its events; moments take the unit's change, never the event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from state.experiments.moments import Moments
from state.verdicts.cells import Cell, Cells
from state.verdicts.ledgers.row_counts import count_outcomes, count_scores, count_times
from state.verdicts.ledgers.unit_table import UnitTable
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from state.verdicts.ledgers.ledger import ArmsOf
    from state.verdicts.outcomes import Outcomes

VERSION = 1
_MOVED = -1


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
        self._units = UnitTable(len(self._per_unit))

    def __len__(self) -> int:
        return len(self._units)

    def add(self, rows: Outcomes) -> None:
        """Count rows of one step."""
        if rows.step not in self.cells.shares:
            is_later = bool(self.cells.shares) and rows.step > max(self.cells.shares)
            self.cells.shares[rows.step] = rows.shares
            if is_later:
                self._let_go(rows.shares)
        places = self._place(rows)
        self._note_active(places, rows.step)
        count_times(self.cells, rows)
        arms = self._units.arms[places]
        is_own = rows.arms == arms
        self._note_others(places[~is_own & (arms != _MOVED)])
        for metric in range(len(self._per_unit)):
            counted = np.flatnonzero(is_own & np.isfinite(rows.values[:, metric]))
            if len(counted):
                self._count(metric, places[counted], rows.values[counted, metric])
        count_outcomes(self.cells, rows, is_own & np.isfinite(rows.labels))
        if self._counts_scores:
            # Counts of a unit that moves later cannot be taken back, so both arms count rows of the unit's own step.
            is_counted = is_own & (self._units.steps[places] == rows.step)
            self._count_scores(rows, places, is_counted & np.isfinite(rows.scores) & np.isfinite(rows.labels))

    def _place(self, rows: Outcomes) -> NDArray[np.int64]:
        """Return the place of each row's unit; units that were not seen before get one, their variant and step."""
        places = self._units.places(rows.points)
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            _, first = np.unique(rows.points[unknown], return_index=True)
            new = rows.take(unknown[np.sort(first)])
            self._assign(self._units.add(new.points), new)
            places[unknown] = self._units.places(rows.points[unknown])
        return places

    def _assign(self, places: slice, first: Outcomes) -> None:
        """Give new units the variant and step of their first rows; late ones only where no ramp has moved them."""
        latest, arms = max(self.cells.shares), first.arms
        is_kept = np.ones(len(arms), np.bool_)
        if first.step < latest:
            is_kept = self._arms_of(first.points, self.cells.shares[latest]) == arms
        self._units.arms[places], self._units.steps[places] = np.where(is_kept, arms, _MOVED), first.step
        for arm in np.unique(arms).tolist():
            cell, is_own = self.cells.cell(arm, first.step), arms == arm
            cell.units += int(np.count_nonzero(is_own & is_kept))
            cell.assigned += int(np.count_nonzero(is_own))

    def _note_active(self, places: NDArray[np.int64], step: int) -> None:
        """Count the units that have their first row of a step."""
        new = np.unique(places[self._units.last_steps[places] < step])
        self._units.last_steps[new] = step
        self.cells.active[step] = self.cells.active.get(step, 0) + len(new)

    def _let_go(self, shares: tuple[float, ...]) -> None:
        """Leave out the units that have another variant at these shares, and sum up the others again."""
        arms = self._units.arms[: len(self)]
        arms[self._arms_of(self._units.points, shares) != arms] = _MOVED
        for cell in self.cells.cells.values():
            cell.moments = [Moments.from_units(np.empty(0)) for _ in self._per_unit]
            cell.events, cell.units, cell.in_both = [0.0] * len(self._per_unit), 0, 0
        kept = np.flatnonzero(arms != _MOVED)
        for cell, at in self._by_cell(kept):
            units = kept[at]
            cell.units, cell.in_both = len(units), int(np.count_nonzero(self._units.is_in_both[units]))
            for metric in range(len(self._per_unit)):
                known = units[self._units.events[units, metric] > 0]
                nothing = np.zeros(len(known))
                self._change(cell, metric, known, nothing, nothing)

    def _note_others(self, places: NDArray[np.int64]) -> None:
        """Note units that another variant answered."""
        new = np.unique(places[~self._units.is_in_both[places]])
        self._units.is_in_both[new] = True
        for cell, at in self._by_cell(new):
            cell.in_both += len(at)

    def _by_cell(self, places: NDArray[np.int64]) -> list[tuple[Cell, NDArray[np.intp]]]:
        """Return the cells that units count for, and where those of each are; none of the units has moved."""
        if not len(places):
            return []
        steps = self._units.steps[places]
        width = int(steps.max()) + 1
        # There are few cells and many units, so counts are found much faster than an order.
        codes = self._units.arms[places] * width + steps
        found = np.flatnonzero(np.bincount(codes)).tolist()
        return [(self.cells.cell(*divmod(code, width)), np.flatnonzero(codes == code)) for code in found]

    def _count(self, metric: int, places: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add values to their units, and the units' changes to the moments."""
        units, inverse = np.unique(places, return_inverse=True)
        sums, events = self._units.sums[units, metric], self._units.events[units, metric]
        self._units.sums[units, metric] = sums + np.bincount(inverse, values)
        self._units.events[units, metric] = events + np.bincount(inverse)
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
        new_sums, new_events = self._units.sums[units, metric], self._units.events[units, metric]
        cell.events[metric] += float((new_events - events).sum())
        known = events > 0
        moments = cell.moments[metric]
        if known.any():
            old_d, new_d = (None, None) if self._per_unit[metric] else (events[known], new_events[known])
            moments = moments.updated(sums[known], new_sums[known], old_d=old_d, new_d=new_d)
        if not known.all():
            moments += Moments.from_units(new_sums[~known], None if self._per_unit[metric] else new_events[~known])
        cell.moments[metric] = moments

    def _count_scores(self, rows: Outcomes, places: NDArray[np.int64], is_counted: NDArray[np.bool_]) -> None:
        counted = np.flatnonzero(is_counted)
        for cell, at in self._by_cell(places[counted]):
            count_scores(cell, rows.scores[counted[at]], rows.labels[counted[at]])

    def to_bytes(self) -> bytes:
        """Return the units and their sums as bytes."""
        cells = self.cells.to_bytes()
        head = {"version": VERSION, "units": len(self), "cells": len(cells)}
        return b"".join([orjson.dumps(head), b"\n", cells, self._units.to_bytes()])

    def restore(self, data: bytes) -> None:
        """Take the units and sums of ``to_bytes``.

        Raises:
            ValueError: the bytes are of another version of the format.
        """
        end = data.index(b"\n")
        head = orjson.loads(data[:end])
        check_version("units", head.get("version"), VERSION, "start the experiment under another name")
        place = end + 1 + head["cells"]
        self.cells = Cells.from_bytes(data[end + 1 : place])
        self._units.restore(data, place, head["units"])
