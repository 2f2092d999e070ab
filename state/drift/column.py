"""The cells that one column's values are counted in, fixed when the baseline is made.

Rules of this file:

- Values and edges are 32-bit floats, as in the feature matrix, so that training and live values meet the same edges.
- Cell i holds values v with edges[i-1] < v <= edges[i]; the last cell holds the values above all edges, and one more
  cell counts NaN.
- A value that fills a cell gets a cell of its own, by an edge at the next smaller float, which separates it from the
  values below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Kind: TypeAlias = Literal["numeric", "categorical"]
    Role: TypeAlias = Literal["feature", "score"]


_LEAST_SEEN = 5


@dataclass(frozen=True)
class BinnedColumn:
    """One column and its cells.

    Attributes:
        name: name in the feature set.
        role: an input of the model, or its score.
        kind: numeric, with a meaningful order of cells, or categorical, with an edge pair for each code.
        edges: ascending finite 32-bit floats.
    """

    name: str
    role: Role
    kind: Kind
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, np.float32)
        if not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
            msg = (
                f"column {self.name!r}: expected ascending finite edges, got {list(self.edges)}; "
                "make the baseline again from training data"
            )
            raise ValueError(msg)
        if self.role not in {"feature", "score"} or self.kind not in {"numeric", "categorical"}:
            msg = (
                f"column {self.name!r}: expected role feature or score and kind numeric or categorical, got "
                f"{self.role!r} and {self.kind!r}; make the baseline again"
            )
            raise ValueError(msg)

    @property
    def cells(self) -> int:
        """Cells of values, and one for NaN."""
        return len(self.edges) + 2

    def comparable(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the counts in the compared cells; of a categorical column all values without a code share one cell."""
        if self.kind == "numeric":
            return counts
        edges = np.asarray(self.edges, np.float32)
        is_code = np.zeros(len(counts), bool)
        is_code[1:-2] = np.nextafter(edges[1:], np.float32(-np.inf)) == edges[:-1]
        is_code[-1] = True
        return np.append(counts[is_code], counts[~is_code].sum())


def numeric_edges(values: NDArray[np.float32], bins: int) -> tuple[float, ...]:
    """Return edges at the quantiles 1/bins .. (bins−1)/bins of finite values, which are values themselves.

    Args:
        values: (n,); NaN and infinities are left out.
        bins: cells of equal share aimed at; ties make fewer.
    """
    ordered = np.sort(values[np.isfinite(values)])
    if not len(ordered):
        return ()
    ranks = -(-np.arange(1, bins) * len(ordered) // bins) - 1  # of the smallest value with share >= i/bins
    edges = np.unique(ordered[ranks])
    times = np.searchsorted(ordered, edges, side="right") - np.searchsorted(ordered, edges)
    return _plain(np.concatenate([edges, _below(edges[times * bins >= len(ordered)])]))


def categorical_edges(values: NDArray[np.float32], most: int) -> tuple[float, ...]:
    """Return an edge pair around each of the `most` commonest codes; of equally common ones the smaller.

    A code seen fewer than five times gets none: next to codes never seen, those say how often new ones are to come.
    """
    codes, times = np.unique(values[np.isfinite(values)], return_counts=True)
    codes, times = codes[times >= _LEAST_SEEN], times[times >= _LEAST_SEEN]
    kept = codes[np.lexsort((codes, -times))[:most]]
    return _plain(np.concatenate([kept, _below(kept)]))


def _below(values: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # below the least float is infinity
        below: NDArray[np.float32] = np.nextafter(values, np.float32(-np.inf))
    kept: NDArray[np.float32] = below[np.isfinite(below)]
    return kept


def _plain(edges: NDArray[np.float32]) -> tuple[float, ...]:
    """Return distinct edges with the fewest digits that give the same 32-bit floats again."""
    return tuple(float(str(edge)) for edge in np.unique(edges + np.float32(0)))
