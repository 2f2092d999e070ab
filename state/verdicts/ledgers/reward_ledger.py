"""Rewards of a bandit's variants in a shard: sums of rows, each weighed by the share that its variant had.

Rules of this file:

- A row counts for the variant that answered it, in the round in which it did. Its weight makes up for the round's
  shares (see `state.experiments.bandits.reweighed`), so sums of all rounds add up.
- Each row is a unit, and nothing of it is remembered. A label that comes later is a value, but no further unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.experiments.bandits.reweighed import round_weights
from state.experiments.moments import Moments
from state.verdicts.cells import Cells
from state.verdicts.ledgers.row_counts import count_outcomes, count_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.verdicts.outcomes import Outcomes


class RewardLedger:
    """The rewards of one experiment in one shard, where each event is a unit.

    Args:
        metrics: number of metrics, each a mean over events.
    """

    def __init__(self, metrics: int) -> None:
        self.cells = Cells(metrics, fractions=[0] * metrics)

    def add(self, rows: Outcomes) -> None:
        """Count rows of one round."""
        self.cells.shares.setdefault(rows.step, rows.shares)
        self.cells.active.setdefault(rows.step, 0)
        self._count_units(rows)
        count_times(self.cells, rows)
        count_outcomes(self.cells, rows, np.isfinite(rows.labels))
        weights = round_weights(rows.shares)[rows.arms]
        for metric in range(self.cells.metrics):
            known = np.flatnonzero(np.isfinite(rows.values[:, metric]) & (weights > 0))
            values = rows.values[known, metric]
            self.cells.fractions[metric] += int(np.count_nonzero((values != 0) & (values != 1)))
            self._count_values(metric, rows.take(known), weights[known] * values, weights[known])

    def to_bytes(self) -> bytes:
        """Return the sums as bytes."""
        return self.cells.to_bytes()

    def restore(self, data: bytes) -> None:
        """Take the sums of ``to_bytes``."""
        self.cells = Cells.from_bytes(data)

    def _count_units(self, rows: Outcomes) -> None:
        """Count each row as a unit that is assigned for the first time."""
        if rows.is_delayed:
            return
        for arm, count in enumerate(np.bincount(rows.arms).tolist()):
            if count:
                cell = self.cells.cell(arm, rows.step)
                cell.units += count
                cell.assigned += count
        self.cells.active[rows.step] += len(rows)

    def _count_values(
        self, metric: int, rows: Outcomes, values: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        """Add weighed values of rows, and their weights."""
        for arm in np.unique(rows.arms).tolist():
            cell, is_own = self.cells.cell(arm, rows.step), rows.arms == arm
            cell.moments[metric] += Moments.from_units(values[is_own], weights[is_own])
            cell.events[metric] += float(np.count_nonzero(is_own))
