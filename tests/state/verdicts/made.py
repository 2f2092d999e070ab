"""Outcomes of made-up rows, and a store that is a dict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from state.verdicts.cells import Cells
from state.verdicts.outcomes import Outcomes

Row = tuple[int, int, int, tuple[float, ...], float, float]
"""Point, time, variant, value of each metric, score and outcome."""

SHARES = (0.5, 0.3, 0.2)
COLUMNS = ("points", "times", "arms", "values", "scores", "labels")


def same_arms(points: NDArray[np.uint64], shares: tuple[float, ...]) -> NDArray[np.int64]:
    """Variants of points at all shares: no ramp moves a unit."""
    return (points % np.uint64(3)).astype(np.int64)


def outcomes(
    rows: Sequence[Row],
    *,
    step: int = 0,
    name: str = "test",
    metrics: int = 1,
    shares: tuple[float, ...] = SHARES,
    is_delayed: bool = False,
) -> Outcomes:
    points, times, arms, values, scores, labels = zip(*rows, strict=True) if rows else ((),) * 6
    return Outcomes(
        name,
        step,
        shares,
        np.array(points, np.uint64),
        np.array(times, np.int64),
        np.array(arms, np.int64),
        np.array(values, np.float64).reshape(len(rows), metrics),
        np.array(scores, np.float64),
        np.array(labels, np.float64),
        is_delayed,
    )


def few_rows(metrics: int, *, last_ms: int = 50, least: int = 0, most: int = 30) -> st.SearchStrategy[list[Row]]:
    """Rows of few units, times, variants and values, so that most things happen more than once."""
    value = st.sampled_from([np.nan, 0.0, 1.0, -2.5, 0.1, 1e3])
    row = st.tuples(
        st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1]),
        st.integers(0, last_ms),
        st.integers(0, 2),
        st.tuples(*[value] * metrics),
        st.sampled_from([np.nan, 0.0, 0.25, 1.0]),
        st.sampled_from([np.nan, 0.0, 1.0]),
    )
    return st.lists(row, min_size=least, max_size=most)


@st.composite
def any_outcomes(draw: st.DrawFn) -> Outcomes:
    """Outcomes of any numbers that their columns can hold."""
    size, metrics = draw(st.integers(0, 8)), draw(st.integers(0, 3))

    def column(kind: Any, *shape: int) -> Any:
        return draw(arrays.arrays(kind, (size, *shape)))

    numbers = [column(kind) for kind in (np.uint64, np.int64, np.int64)]
    shares = tuple(draw(st.lists(st.floats(0, 1), max_size=3)))
    values = (column(np.float64, metrics), column(np.float64), column(np.float64))
    return Outcomes(draw(st.text(max_size=5)), draw(st.integers(0, 1000)), shares, *numbers, *values)


def assert_same(left: Cells, right: Cells) -> None:
    assert (left.metrics, left.shares, left.active) == (right.metrics, right.shares, right.active)
    assert left.cells.keys() == right.cells.keys()
    for key, cell in left.cells.items():
        other = right.cells[key]
        assert (cell.units, cell.in_both, cell.assigned) == (other.units, other.in_both, other.assigned)
        assert (cell.first_ms, cell.last_ms) == (other.first_ms, other.last_ms)
        assert cell.events == other.events
        assert (cell.scores is None) == (other.scores is None)
        if cell.scores is not None and other.scores is not None:
            np.testing.assert_array_equal(cell.scores.counts, other.scores.counts)
        for mine, its in zip(cell.moments, other.moments, strict=True):
            np.testing.assert_allclose(mine.pack(), its.pack(), rtol=1e-9, atol=1e-3)


def cut(rows: Sequence[Row], places: Iterable[int]) -> list[Sequence[Row]]:
    """Rows in parts that end at some places."""
    ends = sorted({min(place, len(rows)) for place in places} | {0, len(rows)})
    return [rows[start:end] for start, end in pairwise(ends)]


class DictStore(dict[str, bytes]):
    """A store of one shard; removing what is not there is an error, as nothing should ask for it."""

    written = 0

    def put(self, key: str, value: bytes) -> None:
        self[key] = value
        self.written += len(value)

    def remove(self, key: str) -> None:
        del self[key]
