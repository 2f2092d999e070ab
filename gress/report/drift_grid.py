"""Drift as a grid: the worst finding of each column in each window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gress.report.reading.drift import ColumnDrift, DriftWindow


@dataclass(frozen=True)
class DriftGrid:
    """Findings of one model version.

    Attributes:
        windows: starts of the windows, in the order of time, (w,).
        names: columns, worst first, (f,); the model's own scores are marked.
        scores: drift scores from 0 to 1, NaN = not measured, (f, w).
        is_drift: marks of drift, (f, w).
        measures: measured values, such as ``psi 0.31``, (f, w).
        columns: number of columns before the best were left out.
        merged: number of the run's windows in one window of the grid.
        unjudged: number of the run's windows without a finding, such as those with few rows.
    """

    model: str
    version: str
    windows: tuple[dt.datetime, ...]
    names: tuple[str, ...]
    scores: NDArray[np.float64]
    is_drift: NDArray[np.bool_]
    measures: list[list[str]]
    columns: int
    merged: int
    unjudged: int


def drift_grids(windows: Sequence[DriftWindow], *, most_columns: int = 30, most_windows: int = 150) -> list[DriftGrid]:
    """Return a grid for each model version, in the order of names.

    Args:
        windows: windows in the order of time.
        most_columns: most columns of a grid; those with the least drift are left out.
        most_windows: most windows of a grid; beyond it neighbours are merged, with their worst finding.
    """
    versions = sorted({(window.model, window.version) for window in windows})
    grids = []
    for model, version in versions:
        own = [window for window in windows if (window.model, window.version) == (model, version)]
        grids.append(_grid(own, most_columns, -(-len(own) // most_windows)))
    return grids


def _grid(own: Sequence[DriftWindow], most_columns: int, merged: int) -> DriftGrid:
    worst: dict[tuple[str, int], ColumnDrift] = {}
    for index, window in enumerate(own):
        for finding in window.findings:
            place = (_shown_name(finding), index // merged)
            if place not in worst or _badness(finding) > _badness(worst[place]):
                worst[place] = finding
    by_name: dict[str, list[tuple[bool, float]]] = {}
    for (name, _), finding in worst.items():
        by_name.setdefault(name, []).append(_badness(finding))
    names = sorted(by_name, key=lambda name: _rank(name, by_name[name]))
    starts = tuple(window.start for window in own[::merged])
    kept = names[:most_columns]
    cells = [[worst.get((name, column)) for column in range(len(starts))] for name in kept]
    return DriftGrid(
        model=own[0].model,
        version=own[0].version,
        windows=starts,
        names=tuple(kept),
        scores=np.array([[cell.score if cell else np.nan for cell in row] for row in cells]),
        is_drift=np.array([[bool(cell and cell.is_drift) for cell in row] for row in cells]),
        measures=[[f"{cell.measure} {cell.statistic:.4g}" if cell else "" for cell in row] for row in cells],
        columns=len(names),
        merged=merged,
        unjudged=sum(not window.findings for window in own),
    )


def _shown_name(finding: ColumnDrift) -> str:
    return f"{finding.name} (score)" if finding.role == "score" else finding.name


def _badness(finding: ColumnDrift) -> tuple[bool, float]:
    return (finding.is_drift, float(np.nan_to_num(finding.score)))


def _rank(name: str, findings: list[tuple[bool, float]]) -> tuple[int, float, str]:
    """Return a sort key: the number of windows in drift, then the mean score."""
    return (-sum(is_drift for is_drift, _ in findings), -float(np.mean([score for _, score in findings])), name)
