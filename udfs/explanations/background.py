"""Rows like those that a version was trained on, drawn from its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.drift.histograms import Histograms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.drift.column import BinnedColumn

_SEED = 7


def background_rows(baseline: Histograms, rows: int) -> NDArray[np.float32]:
    """Return rows whose columns each have the distribution of training; always the same for one baseline.

    A baseline counts each column by itself, so the columns are drawn as if they did not depend on each other: each is
    taken at equal steps of its distribution, in an order of its own (McKay et al., Technometrics 1979).

    Args:
        baseline: counts of the training rows.
        rows: number of rows, m.

    Returns:
        Features, (m, k).
    """
    rng = np.random.default_rng(_SEED)
    features = [place for place, column in enumerate(baseline.columns) if column.role == "feature"]
    drawn = [rng.permutation(_steps(baseline.columns[place], baseline.counts(place), rows)) for place in features]
    return np.column_stack(drawn).astype(np.float32)


def _steps(column: BinnedColumn, counts: NDArray[np.int64], rows: int) -> NDArray[np.float64]:
    """Return the values at equal steps of a column's distribution; a cell's values lie evenly between its edges."""
    edges = np.asarray(column.edges, np.float64)
    if not len(edges):
        return np.full(rows, np.nan if not counts[:-1].sum() else 0.0)
    # The outer cells have one edge each, and all their values count as that.
    upper = np.append(edges, edges[-1])
    lower = np.concatenate([edges[:1], edges])
    ends = np.cumsum(counts) / max(counts.sum(), 1)
    wanted = (np.arange(rows) + 0.5) / rows
    cells = np.searchsorted(ends, wanted, side="left").clip(max=len(counts) - 1)
    begins = np.concatenate([[0.0], ends[:-1]])
    is_value = cells < len(upper)
    at = cells[is_value]
    share = (wanted[is_value] - begins[at]) / (ends[at] - begins[at])
    found = np.full(rows, np.nan)
    found[is_value] = lower[at] + share * (upper[at] - lower[at])
    if column.kind == "categorical":
        # Codes have cells of their own, and what lies between them is no value.
        found[is_value] = upper[at]
    return found
