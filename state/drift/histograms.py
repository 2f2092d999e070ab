"""Counts of a model's inputs and scores by cell: the form of the baseline and of every window of live data.

Rules of this file:

- Counts are whole numbers, so sums are exact in any order and grouping.
- Nothing here looks at a single row in Python.
"""

from __future__ import annotations

import hashlib
import json
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.column import BinnedColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import ArrayLike, NDArray

VERSION = 1


class Histograms:
    """Counts by cell for each column of a matrix, and for the scores.

    Args:
        columns: features in the order of the matrix, then scores.
    """

    def __init__(self, columns: Iterable[BinnedColumn]) -> None:
        self.columns = tuple(columns)
        names = [column.name for column in self.columns]
        if not names or len(set(names)) < len(names):
            msg = f"histograms: expected one or more columns with distinct names, got {names}; rename one of two"
            raise ValueError(msg)
        self._features = sum(column.role == "feature" for column in self.columns)
        if any(column.role == "feature" for column in self.columns[self._features :]):
            msg = f"histograms: expected features before scores, got {names}; put the scores last"
            raise ValueError(msg)
        # Each column is cut at its edges; infinity is the last edge, and NaN sorts after it.
        self._cuts = tuple(np.asarray([*column.edges, np.inf], np.float32) for column in self.columns)
        self._starts = np.cumsum([0, *(column.cells for column in self.columns)])
        self._counts = np.zeros(self._starts[-1], np.int64)

    @property
    def rows(self) -> int:
        """Rows counted so far."""
        return int(self.counts(0).sum())

    @cached_property
    def layout(self) -> str:
        """The identity of columns and cells; counts with equal ones can be added and compared."""
        described = json.dumps([_described(column) for column in self.columns], sort_keys=True)
        return hashlib.sha1(described.encode(), usedforsecurity=False).hexdigest()

    def counts(self, position: int) -> NDArray[np.int64]:
        """Return a view of the counts of one column: cells of values, then NaN."""
        view = self._counts[self._starts[position] : self._starts[position + 1]]
        view.flags.writeable = False
        return view

    def empty(self) -> Histograms:
        """Return the same cells with counts of 0, for a new window."""
        _ = self.layout  # worked out once for all copies
        made = copy(self)
        made._counts = np.zeros_like(self._counts)
        return made

    def update(self, matrix: ArrayLike, scores: ArrayLike | None = None) -> None:
        """Count rows; an empty batch counts nothing.

        Args:
            matrix: features, (n, k); counted as 32-bit floats.
            scores: (n,) or (n, s), if there are columns for them.

        Raises:
            ValueError: a shape does not fit the columns; nothing is counted then.
        """
        values = self._values(matrix, scores)
        if not values.shape[1]:
            return
        values = np.sort(values, axis=1)
        below = np.zeros(len(self._counts) + 1, np.int64)
        for ordered, cuts, start in zip(values, self._cuts, self._starts.tolist(), strict=False):
            below[start + 1 : start + 1 + len(cuts)] = ordered.searchsorted(cuts, side="right")
        below[self._starts[1:]] = values.shape[1]
        cells = below[1:] - below[:-1]
        # A column starts over; the difference to the column before it means nothing.
        cells[self._starts[:-1]] = below[self._starts[:-1] + 1]
        self._counts += cells

    def _values(self, matrix: ArrayLike, scores: ArrayLike | None) -> NDArray[np.float32]:
        """Return a new array of all columns as rows, (k + s, n)."""
        features = np.asarray(matrix)
        if features.ndim != 2 or features.shape[1] != self._features:
            names = ", ".join(column.name for column in self.columns[: self._features])
            msg = (
                f"matrix: expected (n, {self._features}), got {features.shape}; "
                f"the columns are {names}, as in the baseline"
            )
            raise ValueError(msg)
        rows, width = len(features), len(self.columns) - self._features
        said = np.empty((rows, 0)) if scores is None else np.asarray(scores)
        said = said[:, np.newaxis] if said.ndim == 1 else said
        if said.shape != (rows, width):
            msg = f"scores: expected ({rows}, {width}), got {said.shape}; one row of scores for each row of the matrix"
            raise ValueError(msg)
        values = np.empty((len(self.columns), rows), np.float32)
        with np.errstate(over="ignore"):  # beyond 32 bits is infinite, and counted in the last cell
            values[: self._features], values[self._features :] = features.T, said.T
        return values

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as builtins; the cells come from the baseline again."""
        return {"version": VERSION, "layout": self.layout, "counts": self._counts.astype("<i8").tobytes()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the counts of a snapshot.

        Raises:
            ValueError: it is of another format version or of other cells.
        """
        _check_version(snapshot)
        self._check_layout(snapshot["layout"], "start a new window when the baseline changes")
        self._counts = np.frombuffer(snapshot["counts"], "<i8").astype(np.int64)

    def _check_layout(self, layout: str, hint: str) -> None:
        if layout != self.layout:
            msg = f"histograms: expected cells of layout {self.layout[:12]}, got {layout[:12]}; {hint}"
            raise ValueError(msg)

    def to_json(self) -> dict[str, Any]:
        """Return cells and counts as JSON-able values, for model.json."""
        counts = (self.counts(position).tolist() for position in range(len(self.columns)))
        columns = [
            {**_described(column), "counts": count[:-1], "missing": count[-1]}
            for column, count in zip(self.columns, counts, strict=True)
        ]
        return {"version": VERSION, "columns": columns}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Histograms:
        """Build what `to_json` described.

        Raises:
            ValueError: it is of another format version, or counts do not match edges.
        """
        _check_version(document)
        columns = [
            BinnedColumn(entry["name"], entry["role"], entry["kind"], tuple(entry["edges"]))
            for entry in document["columns"]
        ]
        made = cls(columns)
        for column, entry in zip(columns, document["columns"], strict=True):
            if len(entry["counts"]) != column.cells - 1:
                msg = (
                    f"column {column.name!r}: expected {column.cells - 1} counts for {len(column.edges)} edges, "
                    f"got {len(entry['counts'])}; make the baseline again"
                )
                raise ValueError(msg)
        made._counts[:] = [count for entry in document["columns"] for count in (*entry["counts"], entry["missing"])]
        return made


def _described(column: BinnedColumn) -> dict[str, Any]:
    return {"name": column.name, "role": column.role, "kind": column.kind, "edges": list(column.edges)}


def _check_version(document: Mapping[str, Any]) -> None:
    if document.get("version") != VERSION:
        msg = f"histograms: expected format version {VERSION}, got {document.get('version')!r}; make the baseline again"
        raise ValueError(msg)
