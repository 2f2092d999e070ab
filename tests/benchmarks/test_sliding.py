"""Rows of the benchmark of numpy windows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.windows.sliding import FUNCTIONS, WINDOWS_S, Stream, engine, us_per_row


def test_batches_follow_each_other_and_watermarks_cover_them() -> None:
    stream, last = Stream(keys=3, events=1_000_000), -1
    for _ in range(50):
        rows, watermark = stream.batch(7)
        assert last < rows.times.min()
        assert rows.times.max() <= watermark
        last = watermark


def test_a_window_holds_as_many_events_as_asked_for() -> None:
    windows, stream = engine("sums"), Stream(keys=20, events=50)
    for _ in range(20):
        found = windows.add(*stream.batch(100))
    assert np.mean(found[f"count_{WINDOWS_S[-1]}"]) == pytest.approx(50, rel=0.1)


@pytest.mark.parametrize("functions", FUNCTIONS)
def test_every_set_of_functions_is_measured(functions: str) -> None:
    assert us_per_row(functions, keys=5, events=3, batch=100, rows=200, repeats=1) > 0
