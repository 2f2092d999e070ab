"""The newest row of each entity of a batch, against one write after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from udfs.feature_store.entity_keys import EntityKeys
from udfs.feature_store.newest_rows import newest_rows

ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(-3, 3)), max_size=30)


@given(ROWS)
def test_the_rows_are_those_that_writing_one_after_the_other_keeps(rows: list[tuple[str | None, int]]) -> None:
    kept: dict[str, tuple[int, int]] = {}
    for place, (key, time_ms) in enumerate(rows):
        if key is not None and (key not in kept or time_ms >= kept[key][0]):
            kept[key] = (time_ms, place)
    codes = EntityKeys.of_values([key for key, _ in rows]).codes
    found = newest_rows(codes, np.array([time_ms for _, time_ms in rows], np.int64))
    assert found.tolist() == sorted(place for _, place in kept.values())
