from __future__ import annotations

import numpy as np

from state.sliding.log import RowLog


def filled(times: range) -> RowLog:
    log = RowLog()
    log.add_column("value", np.int64)
    append(log, times)
    return log


def append(log: RowLog, times: range) -> None:
    log.append(np.array(times, np.int64), np.array(times, np.int32) % 10)
    log.view("value", log.end - len(times))[:] = np.array(times) * 2


def test_places_stay_while_rows_come_and_go() -> None:
    log = filled(range(10))
    for start in range(10, 50_000, 10):
        append(log, range(start, start + 10))
        log.evict(start - 500)
        assert len(log) <= 510
    assert log.take("value", np.array([49_999, 49_990])).tolist() == [99_998, 99_980]
    assert log.place_after(49_900) == 49_901
    assert log.view("time", log.start)[0] == 49_490 + 1


def test_what_a_burst_left_behind_is_freed() -> None:
    log = filled(range(1_000_000))
    log.evict(999_990)
    assert sum(array.nbytes for array in log._columns.values()) < 1_000_000
    assert log.view("value", log.start).tolist() == [2 * time for time in range(999_991, 1_000_000)]


def test_a_column_may_become_wider() -> None:
    log = filled(range(3_000))
    log.evict(2_995)
    log.replace_column("value", np.stack([log.view("value", log.start)] * 2, axis=1))
    assert log.take("value", np.array([2_999])).tolist() == [[5_998, 5_998]]


def test_keys_are_renumbered() -> None:
    log = filled(range(6))
    log.evict(2)
    log.renumber(np.array([-1, -1, -1, 2, 1, 0], np.int32))
    assert log.view("key", log.start).tolist() == [2, 1, 0]
