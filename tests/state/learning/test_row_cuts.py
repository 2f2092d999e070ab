from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from state.learning.row_cuts import row_cuts


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 40))
def test_parts_cover_the_batch_and_end_at_multiples(done: int, rows: int, every: int) -> None:
    parts = list(row_cuts(done, rows, every))
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(rows))
    ends = {done + part.stop for part in parts}
    assert ends == {end for end in range(done + 1, done + rows + 1) if end % every == 0 or end == done + rows}
