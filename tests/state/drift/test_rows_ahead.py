from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from state.drift.rows import SampledRows
from state.drift.sequential.rows_ahead import RowsAhead
from tests.state.drift.sampled import PackedStore, rows_at, taken


def lines(rows: SampledRows) -> list[tuple[float, ...]]:
    """Rows as tuples; missing values compare as equal."""
    columns = [rows.times_ms, rows.scores, rows.labels, *rows.matrix.T]
    return [tuple(np.nan_to_num(row, nan=-99).tolist()) for row in np.column_stack(columns)]


@given(st.integers(0, 2**16), st.integers(1, 6), st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_rows_leave_once_and_in_order_whatever_batches_they_came_in(
    seed: int, batches: int, watermarks: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    # Few times, so that some are shared.
    rows = rows_at(rng.integers(0, 50, 40), seed=seed)
    ahead = RowsAhead(PackedStore())
    for chosen in np.array_split(rng.permutation(40), batches):
        if len(chosen):
            ahead.add("m@1", taken(rows, chosen))
    found = []
    for watermark in sorted(watermarks):
        left = [lines(part) for _, part in ahead.take(watermark)]
        assert all(time <= watermark for part in left for time, *_ in part)
        found += [line for part in left for line in part]
    expected = sorted(line for line in lines(rows) if line[0] <= max(watermarks))
    assert sorted(found) == expected
    assert [line[0] for line in found] == [line[0] for line in expected]
    at_once = RowsAhead(PackedStore())
    at_once.add("m@1", rows)
    assert found == [line for _, part in at_once.take(max(watermarks)) for line in lines(part)]


def test_store_that_is_opened_again_has_the_rows_that_wait() -> None:
    store = PackedStore()
    rows = rows_at([5, 1, 9])
    RowsAhead(store).add("m n@1", rows)
    (first,) = RowsAhead(PackedStore(store.content)).take(5)
    assert (first[0], first[1].times_ms.tolist()) == ("m n@1", [1, 5])
    again = RowsAhead(store)
    again.add("m n@1", rows_at([2]))
    assert [part.times_ms.tolist() for _, part in again.take(8)] == [[1, 2, 5]]
    assert [part.times_ms.tolist() for _, part in again.take(9)] == [[9]]
    assert again.take(2**62) == []
    assert store.content == {}


def test_versions_are_apart_and_one_can_be_taken_alone() -> None:
    ahead = RowsAhead(PackedStore())
    for ref, times in (("b@1", [3, 1]), ("a@1", [2]), ("b@1", [2])):
        ahead.add(ref, rows_at(times))
    taken_alone = ahead.take_all("b@1")
    assert taken_alone is not None
    assert taken_alone.times_ms.tolist() == [1, 2, 3]
    assert ahead.take_all("b@1") is None
    assert [(ref, part.times_ms.tolist()) for ref, part in ahead.take(9)] == [("a@1", [2])]


def test_batch_asks_the_store_for_no_other_batch_of_its_time() -> None:
    class CountingStore(PackedStore):
        asked = 0

        def get(self, key: str) -> object:
            self.asked += 1
            return super().get(key)

    store = CountingStore()
    ahead = RowsAhead(store)
    for _ in range(300):
        ahead.add("m@1", rows_at([7]))
    assert store.asked <= 300
    assert [part.times_ms.tolist() for _, part in ahead.take(7)] == [[7] * 300]
    assert store.content == {}
