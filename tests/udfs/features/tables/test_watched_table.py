from __future__ import annotations

import logging
import os
import pickle
import threading

import numpy as np
import pytest

from udfs.features.tables import watched_table
from udfs.features.tables.read_key_values import TableColumns, read_key_values
from udfs.features.tables.watched_table import CHECK_EVERY_S, WatchedTable, start_thread

COLUMNS = TableColumns("k", "string", "v")
A = np.array(["a"], dtype=object)


class Clock:
    """Seconds that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path):
    return _write(tmp_path / "t.csv", "k,v\na,1\n")


def _write(path, text):
    """Write a file whose time differs from that of the one before, however coarse the disk's clock is."""
    before_ns = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    if before_ns:
        os.utime(path, ns=(before_ns + 10**9, before_ns + 10**9))
    return path


def _at_once(run) -> None:
    run()


def _number(table) -> float:
    return float(table.current().look_up(A)[0])


def _after(clock, table) -> float:
    clock.now_s += CHECK_EVERY_S
    return _number(table)


def test_a_changed_file_is_read_when_it_has_rested_for_one_check(file, clock) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)
    _write(file, "k,v\na,2\n")
    assert _number(table) == 1
    assert _after(clock, table) == 1
    assert _after(clock, table) == 2


def test_a_file_that_is_being_written_is_not_read(file, clock) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)
    for number in range(2, 6):
        _write(file, f"k,v\na,{number}\n")
        assert _after(clock, table) == 1
    assert _after(clock, table) == 5


@pytest.mark.parametrize(
    "text", ["k,v\na,2\nb", "k,v\na,x\n", "", "k,v\na,2\na,3\n"], ids=["half", "text", "empty", "twice"]
)
def test_a_wrong_file_keeps_the_table_warns_once_and_the_next_right_one_is_read(file, clock, caplog, text) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)
    _write(file, text)
    with caplog.at_level(logging.WARNING, "gress.features"):
        assert [_after(clock, table) for _ in range(4)] == [1, 1, 1, 1]
    assert [record.getMessage().endswith("; the table before it stays in use") for record in caplog.records] == [True]
    _write(file, "k,v\na,7\n")
    assert [_after(clock, table), _after(clock, table)] == [1, 7]


def test_a_file_that_goes_away_keeps_the_table_and_one_that_comes_back_is_read(file, clock, caplog) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)
    file.unlink()
    with caplog.at_level(logging.WARNING, "gress.features"):
        assert [_after(clock, table) for _ in range(3)] == [1, 1, 1]
    assert len(caplog.records) == 1
    _write(file, "k,v\na,3\n")
    assert [_after(clock, table), _after(clock, table)] == [1, 3]


def test_the_file_is_looked_at_no_more_often_than_the_interval(file, clock) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)
    _write(file, "k,v\na,2\n")
    for _ in range(3):
        clock.now_s += CHECK_EVERY_S / 4
        assert _number(table) == 1
    assert _after(clock, table) == 1
    assert _after(clock, table) == 2


def test_a_pickled_copy_follows_the_file_where_the_clock_is_behind(file, clock) -> None:
    copy = pickle.loads(pickle.dumps(WatchedTable(file, COLUMNS, clock, _at_once)))
    copy._clock.now_s = 1.0
    _write(file, "k,v\na,2\n")
    assert _number(copy) == 1
    copy._clock.now_s = 4.0
    assert _number(copy) == 2


def test_a_file_that_changes_while_it_is_read_is_read_again(file, clock, monkeypatch) -> None:
    table = WatchedTable(file, COLUMNS, clock, _at_once)

    def read_slowly(path, columns):
        found = read_key_values(path, columns)
        _write(file, "k,v\na,3\n")
        monkeypatch.undo()
        return found

    monkeypatch.setattr(watched_table, "read_key_values", read_slowly)
    _write(file, "k,v\na,2\n")
    assert [_after(clock, table) for _ in range(4)] == [1, 1, 1, 3]


def test_rows_get_the_numbers_from_before_while_the_file_is_read(file, clock) -> None:
    started = []
    table = WatchedTable(file, COLUMNS, clock, started.append)
    _write(file, "k,v\na,2\n")
    assert [_after(clock, table) for _ in range(4)] == [1, 1, 1, 1]
    (run,) = started
    run()
    assert _number(table) == 2
    _write(file, "k,v\na,3\n")
    assert [_after(clock, table) for _ in range(2)] == [2, 2]
    assert len(started) == 2


def test_a_copy_that_was_pickled_during_a_read_follows_the_file(file, clock) -> None:
    table = WatchedTable(file, COLUMNS, clock, _leave)
    _write(file, "k,v\na,2\n")
    assert [_after(clock, table) for _ in range(2)] == [1, 1]
    copy = pickle.loads(pickle.dumps(table))
    copy._start = _at_once
    assert _after(copy._clock, copy) == 2


def _leave(run) -> None:
    del run


def test_a_file_is_read_on_another_thread() -> None:
    names, is_over = [], threading.Event()
    start_thread(lambda: (names.append(threading.current_thread().name), is_over.set()))
    assert is_over.wait(30)
    assert names == ["table reader"]
