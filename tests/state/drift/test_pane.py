from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift.histograms import Histograms
from state.drift.pane import Pane
from tests.state.drift.record_golden import calibration_error
from tests.state.drift.sampled import BASELINE, drawn

CELLS = Histograms.from_json(BASELINE)


def counted(*batches: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Pane:
    pane = Pane(CELLS)
    for batch in batches:
        pane.update(*batch)
    return pane


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**16))
def test_pane_that_was_packed_goes_on_as_if_it_had_not_been(first: int, second: int, seed: int) -> None:
    rows = drawn(np.random.default_rng(seed), first + second)
    whole = counted(rows)
    pane = Pane.from_bytes(counted(tuple(column[:first] for column in rows)).to_bytes(), CELLS)  # type: ignore[arg-type]
    pane.update(*(column[first:] for column in rows))
    assert pane.to_bytes() == whole.to_bytes()
    assert pane.rows == first + second


def test_only_outcomes_beside_a_probability_count_as_such() -> None:
    scores = np.array([0.25, 0.25, 0.25, 1.5, -0.5, 0.75])
    labels = np.array([1, 0, 0.5, 1, 0, np.nan])
    pane = counted((np.zeros((6, 2), np.float32), scores, labels))
    assert pane.rows == 6
    assert pane.calibration.rows == sum(pane.auc.labels) == 2
    assert pane.calibration.error == pytest.approx(calibration_error(scores[:2], labels[:2]))


def test_counts_of_other_cells_are_refused() -> None:
    column = {**BASELINE["columns"][0], "edges": [0.0], "counts": [1, 1]}
    other = Histograms.from_json({**BASELINE, "columns": [column, *BASELINE["columns"][1:]]})
    with pytest.raises(ValueError, match="expected cells of layout"):
        Pane.from_bytes(Pane(CELLS).to_bytes(), other)
