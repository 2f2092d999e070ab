"""Units that are events: each counts when it comes, and is not remembered, so state does not grow with the stream.

Rules of this file:

- An event comes once. One that comes again counts again; where units have many events, `UnitLedger` counts.
- Where a ramp grows, no event changes its variant, so none is left out: an event counts at its own step.
- Later rows of events that were counted before add values, and no units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.experiments.moments import Moments
from state.verdicts.cells import Cell, Cells
from state.verdicts.ledgers.row_counts import count_outcomes, count_scores, count_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from state.verdicts.outcomes import Outcomes


class EventLedger:
    """The sums of one experiment in one shard, whose units are events.

    Args:
        per_unit: for each metric, whether it is the sum of a unit's events; else their mean.
        counts_scores: keep counts of predictions by outcome.
    """

    def __init__(self, per_unit: Sequence[bool], *, counts_scores: bool = False) -> None:
        self._per_unit = tuple(per_unit)
        self._counts_scores = counts_scores
        self.cells = Cells(len(self._per_unit))

    def add(self, rows: Outcomes) -> None:
        """Count rows of one step."""
        self.cells.shares.setdefault(rows.step, rows.shares)
        new = 0 if rows.is_delayed else len(rows)
        self.cells.active[rows.step] = self.cells.active.get(rows.step, 0) + new
        count_times(self.cells, rows)
        for arm in np.unique(rows.arms).tolist():
            self._count(self.cells.cell(arm, rows.step), rows.take(np.flatnonzero(rows.arms == arm)))
        count_outcomes(self.cells, rows, np.isfinite(rows.labels))

    def _count(self, cell: Cell, rows: Outcomes) -> None:
        """Add rows of one variant to their cell."""
        if not rows.is_delayed:
            cell.units += len(rows)
            cell.assigned += len(rows)
        for metric, is_sum in enumerate(self._per_unit):
            values = rows.values[:, metric]
            known = values[np.isfinite(values)]
            if len(known):
                cell.moments[metric] += Moments.from_units(known, None if is_sum else np.ones(len(known)))
                cell.events[metric] += len(known)
        scored = np.flatnonzero(np.isfinite(rows.scores) & np.isfinite(rows.labels))
        if self._counts_scores and len(scored):
            count_scores(cell, rows.scores[scored], rows.labels[scored])

    def to_bytes(self) -> bytes:
        """Return the sums as bytes."""
        return self.cells.to_bytes()

    def restore(self, data: bytes) -> None:
        """Take the sums of ``to_bytes``."""
        self.cells = Cells.from_bytes(data)
