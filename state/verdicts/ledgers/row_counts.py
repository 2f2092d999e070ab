"""Counts of rows in the cells of their variants: when they were, how they ended, and what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.experiments.auc import ScoreCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.verdicts.cells import Cell, Cells
    from state.verdicts.outcomes import Outcomes


def count_times(cells: Cells, rows: Outcomes) -> None:
    """Note the first and the last time of rows, which were no news before; delayed rows were."""
    for arm in () if rows.is_delayed else np.unique(rows.arms).tolist():
        cell, times = cells.cell(arm, rows.step), rows.times[rows.arms == arm]
        cell.last_ms = max(cell.last_ms, int(times.max()))
        cell.first_ms = min(cell.first_ms, int(times.min()))


def count_outcomes(cells: Cells, rows: Outcomes, is_counted: NDArray[np.bool_]) -> None:
    """Count outcomes by kind: of too few, nothing is known of a rare kind."""
    for arm in np.unique(rows.arms[is_counted]).tolist():
        labels = rows.labels[is_counted & (rows.arms == arm)]
        positives = int(np.count_nonzero(labels > 0))
        cell = cells.cell(arm, rows.step)
        cell.positives += positives
        cell.negatives += len(labels) - positives


def count_scores(cell: Cell, scores: NDArray[np.float64], labels: NDArray[np.float64]) -> None:
    """Count predictions whose outcome is known, (n,) each."""
    found = ScoreCounts.from_scores(scores, labels > 0)
    cell.scores = found if cell.scores is None else cell.scores + found
