from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from state.drift.rows import TIME_DIGITS, SampledRows
from tests.state.drift.sampled import BASELINE, rows_at

TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999)  # years 1 to 9999


@given(st.data(), st.integers(1, 12), st.integers(1, 4))
def test_rows_come_back_from_their_text_to_the_last_bit(data: st.DataObject, count: int, width: int) -> None:
    rows = rows_at(
        data.draw(st.lists(TIMES, min_size=count, max_size=count)),
        matrix=data.draw(arrays.arrays(np.float32, (count, width), elements=st.floats(width=32))),
        scores=data.draw(arrays.arrays(np.float64, count, elements=st.floats(allow_nan=False))),
        model=data.draw(st.text(st.characters(codec="utf-8"), min_size=1)),
        version=data.draw(st.sampled_from(["1.0.0", "2.0.0-rc.1+build"])),
        baseline=data.draw(st.sampled_from([None, BASELINE])),
    )
    found = SampledRows.from_text(rows.to_text())
    for field in dataclasses.fields(SampledRows):
        wanted, got = getattr(rows, field.name), getattr(found, field.name)
        if isinstance(wanted, np.ndarray):
            assert (got.dtype, got.shape, got.tobytes()) == (wanted.dtype, wanted.shape, wanted.tobytes())
        else:
            assert got == wanted


@pytest.mark.parametrize("times", [[5, 1_522_540_831_000, 7], [-62_135_596_800_000], [-3, -1, -2], [0]], ids=str)
def test_text_starts_with_the_latest_time(times: list[int]) -> None:
    assert int(rows_at(times).to_text()[:TIME_DIGITS]) == max(times)
