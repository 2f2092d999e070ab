from __future__ import annotations

import pytest

from state.sliding.codes import LEAST
from state.sliding.errors import LateRowsError
from state.sliding.storage.chunk_log import ChunkLog
from state.sliding.storage.chunks import read_header
from state.window_sql import WindowSpec
from tests.state.sliding.oracle import Row, plan_of, rows_of
from tests.state.sliding.stage import Chunks

PLAN = plan_of(WindowSpec("S", "sum", "ITEMS", "CARD", 100))


def times_after(batches: int, step_ms: int) -> tuple[ChunkLog, Chunks, list[int]]:
    log, store = ChunkLog(PLAN, "3"), Chunks()
    for batch in range(batches):
        log.append(store, rows_of([Row(batch * step_ms), Row(batch * step_ms + 1)]), batch * step_ms + 1)
    return log, store, sorted(ChunkLog(PLAN, "3").load(store).times.tolist())


def test_rows_come_back_however_often_they_were_merged() -> None:
    log, store, times = times_after(batches=700, step_ms=2)
    assert times == list(range(1_400))
    assert log.watermark == 1_399
    levels = [read_header(chunk).level for chunk in store.values()]
    # 700 is 1 274 in base 8.
    assert sorted(levels, reverse=True) == [3] + [2] * 2 + [1] * 7 + [0] * 4


def test_a_row_is_written_once_a_level() -> None:
    _, store, _ = times_after(batches=512, step_ms=2)
    assert store.rows_written == 4 * 1_024


def test_rows_that_are_in_no_window_any_more_are_dropped() -> None:
    """The window is 100 s, and a batch a second long."""
    _, store, times = times_after(batches=3_000, step_ms=1_000)
    came = [1_000 * second + beside for second in range(3_000) for beside in (0, 1)]
    assert times == [time for time in came if time > came[-1] - 100_000]
    assert sum(read_header(chunk).rows for chunk in store.values()) < 2 * 2 * 100
    assert len(store) < 24


def test_large_chunks_are_not_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("state.sliding.storage.chunk_log._MOST_ROWS", 100)
    _, store, times = times_after(batches=512, step_ms=2)
    assert len(times) == 1_024
    assert {read_header(chunk).rows for chunk in store.values()} == {128}


def test_late_rows_are_refused_after_a_restore_too() -> None:
    _, store, _ = times_after(batches=3, step_ms=1_000)
    log = ChunkLog(PLAN, "3")
    assert log.watermark == LEAST
    log.load(store)
    with pytest.raises(LateRowsError, match="state of shard 3: expected rows later than the watermark 2001, got"):
        log.append(store, rows_of([Row(2_001), Row(2_002)]), 5_000)
    log.append(store, rows_of([Row(2_002)]), 5_000)


def test_an_empty_shard_has_no_rows() -> None:
    assert len(ChunkLog(PLAN, "3").load(Chunks())) == 0
