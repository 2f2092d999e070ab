"""A restored engine goes on as if it had never stopped: from any batch, in any shards, in any company."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.sliding.engine import LAST_WATERMARK, SlidingWindows
from state.sliding.errors import LateRowsError
from state.sliding.plan import Kind
from state.sliding.storage.shards import by_shard
from state.window_sql import WindowSpec
from tests.state.sliding.histories import HISTORIES, TEXT_KEYS, WATERMARKS, rows
from tests.state.sliding.oracle import Row, every_spec, expected, in_batches, plan_of, rows_of
from tests.state.sliding.stage import SHARDS, Task, empty_state

SPECS = every_spec(5, delay_s=3)


def assert_same(found: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray]) -> None:
    for name, values in wanted.items():
        assert found[name].tobytes() == values.tobytes(), name


@pytest.mark.parametrize(("keys", "kind"), [(None, "integer"), (TEXT_KEYS, "text")], ids=["integers", "texts"])
def test_a_restore_before_any_batch_changes_no_bit(keys: st.SearchStrategy[object] | None, kind: Kind) -> None:
    histories = HISTORIES if keys is None else st.lists(rows(keys), min_size=1, max_size=15)

    @given(histories, WATERMARKS, st.sets(st.integers(0, 6)))
    @settings(max_examples=30, deadline=None)
    def check(history: list[Row], watermarks: list[int], restored: set[int]) -> None:
        plan = plan_of(*SPECS, key_kind=kind)
        steady, task = Task(plan, empty_state()), Task(plan, empty_state())
        for number, (places, watermark) in enumerate(in_batches(history, watermarks)):
            if number in restored:
                task = Task(plan, task.state)
            batch = [history[place] for place in places]
            assert_same(task.answer(batch, watermark, kind), steady.answer(batch, watermark, kind))

    check()


def shard_of(row: Row) -> int:
    ((shard, _),) = by_shard(rows_of([row]), SHARDS)
    return shard


@given(HISTORIES, WATERMARKS, st.integers(-2500, 15500), st.integers(-2500, 15500))
@settings(max_examples=40, deadline=None)
def test_tasks_of_different_watermarks_become_one_and_divide_again(
    history: list[Row], watermarks: list[int], first_stop: int, second_stop: int
) -> None:
    """Each of two tasks stops at a watermark of its own. Rows past one of them were answered by the other only."""
    plan = plan_of(*SPECS)
    stops = {0: first_stop, 1: first_stop, 2: second_stop, 3: second_stop}
    found = {name.name: np.full(len(history), -99.0) for name in SPECS}

    def answer(task: Task, places: list[int], watermark: int) -> None:
        for name, values in task.answer([history[place] for place in places], watermark).items():
            found[name][places] = values

    state = empty_state()
    for shards, stop in (((0, 1), first_stop), ((2, 3), second_stop)):
        task = Task(plan, {shard: state[shard] for shard in shards})
        answer(task, [p for p, row in enumerate(history) if row.time <= stop and shard_of(row) in shards], stop)
    merged = Task(plan, state)
    middle = max(first_stop, second_stop) + 2_000
    left = [place for place, row in enumerate(history) if row.time > stops[shard_of(row)]]
    for batch, watermark in in_batches([history[place] for place in left], [min(first_stop, second_stop), middle]):
        if watermark <= middle:
            answer(merged, [left[place] for place in batch], watermark)
    for shards in ((0, 2), (1, 3)):
        task = Task(plan, {shard: state[shard] for shard in shards})
        rest = [p for p, row in enumerate(history) if row.time > middle and shard_of(row) in shards]
        answer(task, rest, LAST_WATERMARK)
    at_once = Task(plan, empty_state()).answer(history, LAST_WATERMARK)
    assert_same(found, at_once)


@given(HISTORIES, WATERMARKS, st.sets(st.integers(0, 24)), st.integers(0, 6))
@settings(max_examples=40, deadline=None)
def test_late_rows_are_inserted_by_a_restore(
    history: list[Row], watermarks: list[int], late_places: set[int], inserted: int
) -> None:
    """Late rows, and all that come after them, are answered as if none had been late."""
    plan, state = plan_of(*SPECS), empty_state()
    in_time = [place for place in range(len(history)) if place not in late_places]
    batches = in_batches([history[place] for place in in_time], watermarks)[: inserted + 1]
    task = Task(plan, state, allowance_ms=20_000)
    for places, watermark in batches:
        task.answer([history[in_time[place]] for place in places], watermark)
    late = [place for place in late_places if place < len(history) and history[place].time <= watermark]
    follow = [place for place, row in enumerate(history) if row.time > watermark]
    if late:
        task = Task(plan, state, allowance_ms=20_000)
        answered = task.insert([history[place] for place in late], watermark)
        assert_answered(answered, history, late)
    assert_answered(task.answer([history[place] for place in follow], LAST_WATERMARK), history, follow)


def assert_answered(columns: Mapping[str, np.ndarray], history: list[Row], places: list[int]) -> None:
    for spec in SPECS:
        np.testing.assert_array_equal(columns[spec.name], np.array(expected(history, spec))[places], spec.name)


def test_rows_that_late_rows_can_see_are_kept() -> None:
    spec = WindowSpec("N", "count", None, "CARD", 10)
    found = {}
    for allowance_ms in (0, 5_000):
        state = empty_state()
        task = Task(plan_of(spec), state, allowance_ms=allowance_ms)
        task.answer([Row(1_000), Row(12_000)], 12_000)
        late = Task(plan_of(spec), state, allowance_ms=allowance_ms)
        found[allowance_ms] = late.insert([Row(8_000)], 12_000)["N"].tolist()
    assert found == {0: [1.0], 5_000: [2.0]}


def test_a_shard_refuses_rows_that_its_own_task_had_passed() -> None:
    """A restored engine takes up where the task that was least far goes on; the shard's log knows its own watermark."""
    plan = plan_of(WindowSpec("N", "count", None, "CARD", 60))
    ahead, behind = Row(9_000, 1), Row(1_000, 2)
    assert shard_of(ahead) != shard_of(behind)
    state = empty_state()
    for row in (ahead, behind):
        Task(plan, {shard_of(row): state[shard_of(row)]}).answer([row], row.time)
    task = Task(plan, state)
    shard = shard_of(ahead)
    with pytest.raises(LateRowsError, match=f"shard {shard}: expected rows later than the watermark 9000, got 1 at or"):
        task.answer([Row(5_000, 1)], 6_000)


def test_rows_restored_ahead_of_time_are_seen_and_not_answered_again() -> None:
    plan = plan_of(WindowSpec("N", "count", None, "CARD", 60), WindowSpec("M", "max", "ITEMS", "CARD", 60))
    ahead = [Row(time, 1, ITEMS=time) for time in (2_000, 9_000)]
    state = empty_state()
    Task(plan, state).answer(ahead, 9_000)
    Task(plan, state_of_other := empty_state()).answer([Row(1_000, 2)], 1_000)
    state |= {shard: chunks for shard, chunks in state_of_other.items() if chunks}
    task = Task(plan, state)
    own = [Row(5_000, 2, ITEMS=5), Row(5_500, 2, ITEMS=4)]
    assert task.answer(own, 6_000)["N"].tolist() == [2.0, 3.0]
    assert task.engine.row_count == 4
    last = Row(12_000, 1, ITEMS=7)
    columns = task.answer([last], 12_000)
    assert columns["N"].tolist() == expected([*ahead, last], plan.specs[0])[-1:] == [3.0]
    assert columns["M"].tolist() == [9_000.0]


def test_a_long_log_is_restored_in_parts() -> None:
    plan = plan_of(WindowSpec("N", "count", None, "CARD", 60), WindowSpec("L", "last", "ITEMS", "CARD", 60))
    history = [Row(place // 90_000, place % 7, ITEMS=place % 1000) for place in range(100_000)]
    state = empty_state()
    steady = Task(plan, state)
    steady.answer(history, 2)
    asked = [Row(3, key) for key in range(7)]
    assert_same(Task(plan, state).engine.add(rows_of(asked), 3), steady.engine.add(rows_of(asked), 3))


def test_an_engine_with_rows_is_not_restored() -> None:
    engine = SlidingWindows(plan_of(WindowSpec("N", "count", None, "CARD", 60)))
    engine.add(rows_of([Row(5)]), 7)
    with pytest.raises(ValueError, match="expected an engine without rows, got one at watermark 7"):
        engine.restore([])
