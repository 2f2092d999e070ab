"""Rows that a thread reads."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from gress.sql.rows import Rows, join_readers, wait_for


def readers() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("sql-")]


def test_all_rows_come_in_order_in_blocks_of_at_most_the_given_size() -> None:
    blocks = list(Rows(iter(range(10)), most=4, wait_s=10).blocks())
    assert blocks == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_no_rows_are_no_block() -> None:
    assert list(Rows(iter(())).blocks()) == []


def test_a_row_is_handed_over_while_the_next_one_is_not_there_yet() -> None:
    seen = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        # Comes only once the first was handed over.
        assert seen.wait(60)
        yield 2

    found = []
    for block in Rows(source(), wait_s=0.01).blocks():
        found.append(block)
        seen.set()
    assert found == [[1], [2]]


def test_an_error_comes_after_the_rows_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        msg = "broken"
        raise ValueError(msg)

    blocks = Rows(source(), wait_s=10).blocks()
    assert next(blocks) == [1]
    with pytest.raises(ValueError, match="broken"):
        next(blocks)


def test_stopped_rows_let_their_reader_end() -> None:
    rows = Rows(itertools.count(), most=1, ahead=1)
    next(rows.blocks())
    assert readers()
    rows.stop()
    join_readers()
    assert not readers()


def test_a_call_is_waited_for_and_its_error_is_the_callers() -> None:
    done = []
    wait_for(lambda: done.append(threading.current_thread() is threading.main_thread()))
    assert done == [False]

    def fail() -> None:
        msg = "disk full"
        raise OSError(msg)

    with pytest.raises(OSError, match="disk full"):
        wait_for(fail)
