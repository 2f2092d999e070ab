from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from state.drift.baseline import make_baseline
from state.drift.column import BinnedColumn
from state.drift.histograms import Histograms

RNG = np.random.default_rng(0)
BASELINE = make_baseline(
    np.column_stack([RNG.normal(size=500), RNG.integers(0, 4, 500)]),
    ["amount", "code"],
    scores=RNG.random(500),
    categorical=["code"],
)
BATCH = arrays.arrays(np.float32, st.tuples(st.integers(0, 30), st.just(3)), elements=st.floats(width=32))


def counted(*batches: np.ndarray) -> Histograms:
    window = BASELINE.empty()
    for batch in batches:
        window.update(batch[:, :2], batch[:, 2])
    return window


@given(BATCH)
def test_counts_are_those_of_one_row_at_a_time(batch: np.ndarray) -> None:
    window = counted(batch)
    for position, column in enumerate(BASELINE.columns):
        golden = [0] * column.cells
        for value in batch[:, position].tolist():
            above = sum(value > np.float32(edge) for edge in column.edges)
            golden[-1 if np.isnan(value) else above] += 1
        assert window.counts(position).tolist() == golden


@given(BATCH, st.integers(0, 30))
def test_cutting_the_stream_anywhere_changes_nothing(batch: np.ndarray, cut: int) -> None:
    assert counted(batch[:cut], batch[cut:]).snapshot() == counted(batch).snapshot()


@given(BATCH, BATCH)
def test_restored_goes_on_as_if_never_stopped(a: np.ndarray, b: np.ndarray) -> None:
    again = BASELINE.empty()
    again.restore(counted(a).snapshot())
    again.update(b[:, :2], b[:, 2])
    assert again.snapshot() == counted(a, b).snapshot()


def test_input_is_not_changed_and_counts_cannot_be() -> None:
    rows = RNG.normal(size=(50, 3))
    before = rows.copy()
    window = counted(rows)
    assert (rows == before).all()
    with pytest.raises(ValueError, match="read-only"):
        window.counts(0)[0] = 1


def test_empty_batch_counts_nothing() -> None:
    window = counted(np.empty((0, 3)))
    assert window.rows == 0
    assert window.snapshot() == BASELINE.empty().snapshot()


@pytest.mark.parametrize(
    ("matrix", "scores", "message"),
    [
        (np.ones((5, 3)), np.ones(5), r"matrix: expected \(n, 2\), got \(5, 3\); the columns are amount, code"),
        (np.ones(5), np.ones(5), r"matrix: expected \(n, 2\), got \(5,\)"),
        (np.ones((5, 2)), None, r"scores: expected \(5, 1\), got \(5, 0\)"),
        (np.ones((5, 2)), np.ones(4), r"scores: expected \(5, 1\), got \(4, 1\)"),
    ],
    ids=["width", "vector", "no scores", "score rows"],
)
def test_wrong_shape_is_refused_and_counts_nothing(matrix: np.ndarray, scores: np.ndarray, message: str) -> None:
    window = BASELINE.empty()
    with pytest.raises(ValueError, match=message):
        window.update(matrix, scores)
    assert window.rows == 0


def test_other_cells_are_refused() -> None:
    other = make_baseline(RNG.normal(size=(500, 2)), ["amount", "code"])
    with pytest.raises(ValueError, match=r"expected cells of layout .*; start a new window when the baseline changes"):
        BASELINE.empty().restore(other.snapshot())


def test_other_versions_and_broken_documents_are_refused() -> None:
    with pytest.raises(ValueError, match="expected format version 1, got 2"):
        BASELINE.empty().restore({**BASELINE.snapshot(), "version": 2})
    document = json.loads(json.dumps(BASELINE.to_json()))
    document["columns"][0]["counts"].pop()
    with pytest.raises(ValueError, match="column 'amount': expected 20 counts for 19 edges, got 19"):
        Histograms.from_json(document)


def test_scores_come_last() -> None:
    columns = [BinnedColumn("score", "score", "numeric", ()), BinnedColumn("a", "feature", "numeric", ())]
    with pytest.raises(ValueError, match="expected features before scores, got"):
        Histograms(columns)
