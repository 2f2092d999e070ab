from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.windows.late import LateRows

DELAY, JUMP = 10, 100
times = st.lists(st.integers(0, 1_000), max_size=40)


class Oracle:
    """The rule, row by row over all rows so far."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    @property
    def newest(self) -> int | None:
        *_, second, first = [-1, -1, *sorted(self.seen)]
        if second == -1:
            return None
        return first if first - second <= JUMP else second

    def is_late(self, time: int) -> bool:
        newest = self.newest
        self.seen.append(time)
        return newest is not None and time < newest - DELAY


@given(times, st.integers(0, 40))
def test_rows_are_judged_by_the_rule_however_they_are_batched(values: list[int], cut: int) -> None:
    judge, oracle = LateRows(DELAY, JUMP), Oracle()
    batches = [np.array(part, np.int64) for part in (values[:cut], values[cut:])]
    found = [is_late for batch in batches for is_late in judge.judge(batch).tolist()]
    assert found == [oracle.is_late(value) for value in values]
    assert judge.newest == oracle.newest


@given(times)
def test_latest_time_never_goes_back(values: list[int]) -> None:
    judge, newest = LateRows(DELAY, JUMP), -1
    for value in values:
        judge.judge(np.array([value]))
        assert judge.newest is None or judge.newest >= newest
        newest = newest if judge.newest is None else judge.newest


@pytest.mark.parametrize(("far", "late"), [([9_999], 0), ([9_999, 9_998], 20)], ids=["one", "two"])
def test_one_wrong_time_makes_no_other_row_late(far: list[int], late: int) -> None:
    judge = LateRows(DELAY, JUMP)
    assert not judge.judge(np.arange(100, 120)).any()
    judge.judge(np.array(far))
    assert judge.judge(np.arange(120, 140)).sum() == late
