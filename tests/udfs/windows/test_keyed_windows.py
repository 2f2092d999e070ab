"""A keyed stage's rows, in any parts, over restores and tasks: the same windows as if all had come at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.codes import LEAST
from state.sliding.plan import SlidingPlan
from state.window_sql import WindowSpec
from udfs.windows.keyed_windows import CHUNK_ROWS, KeyedWindows
from udfs.windows.mark import MARK, read_answered
from udfs.windows.parts import Block, PartFormat, by_key

FORMAT = PartFormat((("id", "BIGINT"), ("at", "BIGINT"), ("k", "BIGINT"), ("x", "DOUBLE")))
PLAN = SlidingPlan(
    (
        WindowSpec("n", "count", None, "k", 10),
        WindowSpec("s", "sum", "x", "k", 10),
        WindowSpec("m", "max", "x", "k", 5),
        WindowSpec("d", "distinct", "x", "k", 7),
        WindowSpec("old", "count", None, "k", 5, delay_s=5),
    ),
    "k",
    "at",
    {"k": "integer", "x": "double"},
)
SHARDS = 4
ANY_LATENESS = 10**9
Row = tuple[int, int, int, float]
ROWS = st.lists(
    st.tuples(st.integers(0, 30_000), st.integers(0, 5), st.sampled_from([0.1, 1.0, -2.5, 1e16])), max_size=40
).map(lambda rows: [(i, at, k, x) for i, (at, k, x) in enumerate(rows)])


@dataclass
class Store:
    """State by shard, as Flink keeps it: only that of the current shard is in reach."""

    shards: dict[int, dict[int, bytes]] = field(default_factory=dict)
    current: int = 0

    def _now(self) -> dict[int, bytes]:
        return self.shards.setdefault(self.current, {})

    def get(self, key: int) -> bytes:
        return self._now()[key]

    def put(self, key: int, value: bytes) -> None:
        self._now()[key] = value

    def remove(self, key: int) -> None:
        del self._now()[key]

    def clear(self) -> None:
        self._now().clear()

    def items(self) -> Iterable[tuple[int, bytes]]:
        return list(self._now().items())


@dataclass
class Task:
    """A task of the stage: it owns some shards, and does what Flink does with their timers."""

    owned: set[int]
    waiting: Store = field(default_factory=Store)
    log: Store = field(default_factory=Store)
    timers: dict[int, set[int]] = field(default_factory=dict)
    chunk_rows: int = CHUNK_ROWS
    allowance_ms: int = 0

    def __post_init__(self) -> None:
        self.now = LEAST  # Flink's watermark begins anew after a restore
        self.windows = KeyedWindows(
            PLAN, FORMAT, self.waiting, self.log, chunk_rows=self.chunk_rows, allowance_ms=self.allowance_ms
        )
        for shard in sorted(self.owned):
            if self.waiting.shards.get(shard) or self.log.shards.get(shard):
                self._set(shard)
                self.windows.load(shard)
        self.windows.restore()

    def arrive(self, shard: int, block: Block) -> list[Block]:
        """Take a part; the rows that the watermark covers already are answered at once."""
        self._set(shard)
        is_late = block.numbers("at").values <= self.now
        late, left = (block.take(np.flatnonzero(places)) for places in (is_late, ~is_late))
        found = [self.windows.answer_late(shard, late, self.now)] if len(late) else []
        if len(left):
            timer = self.windows.arrive(shard, FORMAT.encode(left))
            if timer is not None:
                self.timers.setdefault(shard, set()).add(timer)
        return found

    def advance(self, watermark: int) -> list[Block]:
        self.now = watermark
        found: list[Block] = []
        is_answered = False
        due = sorted((at, shard) for shard, times in self.timers.items() for at in times if at <= watermark)
        for at, shard in due:
            self.timers[shard].discard(at)
            if not is_answered:
                found, is_answered = list(self.windows.answer(watermark)), True
            self._set(shard)
            timer = self.windows.save(shard)
            if timer is not None:
                self.timers[shard].add(timer)
        return found

    def _set(self, shard: int) -> None:
        self.waiting.current = self.log.current = shard


def restored(
    tasks: list[Task], count: int, chunk_rows: int = CHUNK_ROWS, allowance_ms: int = 0
) -> list[Task]:
    """The state of all tasks in as many new ones."""
    found = []
    for number in range(count):
        owned = {shard for shard in range(SHARDS) if shard % count == number}
        stores = [
            Store({s: dict(getattr(t, name).shards[s]) for t in tasks for s in owned & getattr(t, name).shards.keys()})
            for name in ("waiting", "log")
        ]
        timers = {s: set(t.timers[s]) for t in tasks for s in owned & t.timers.keys()}
        found.append(Task(owned, *stores, timers, chunk_rows, allowance_ms))
    return found


def send(tasks: list[Task], rows: list[Row]) -> list[Block]:
    """Send rows, and return the answers of late ones."""
    found: list[Block] = []
    if not rows:
        return found
    columns = dict(zip(("id", "at", "k", "x"), map(np.array, zip(*rows, strict=True)), strict=True))
    for shard, part in by_key(FORMAT.block(columns), "k", SHARDS):
        found += next(task for task in tasks if shard in task.owned).arrive(shard, part)
    return found


def answers(blocks: Iterable[Block]) -> dict[int, list[float]]:
    """The windows by the ids of rows."""
    found: dict[int, list[float]] = {}
    for block in blocks:
        columns = [block.numbers(spec.name).values.tolist() for spec in PLAN.specs]
        for number, *values in zip(block.numbers("id").values.tolist(), *columns, strict=True):
            assert number not in found, "a row was answered twice"
            found[number] = values
    return found


def brute_force(rows: list[Row]) -> dict[int, list[float]]:
    def values(row: Row, window_s: int, delay_s: int = 0) -> list[float]:
        end = row[1] - 1000 * delay_s
        return [x for _, at, k, x in rows if k == row[2] and end - 1000 * window_s < at <= end]

    return {
        row[0]: [
            len(values(row, 10)),
            float(np.float64(sum(map(_exact, values(row, 10)))) / 10),
            max(values(row, 5)),
            len(set(values(row, 7))),
            len(values(row, 5, 5)),
        ]
        for row in rows
    }


def _exact(value: float) -> int:
    """Tenths, which these values are whole numbers of."""
    return round(value * 10)


@given(
    rows=ROWS,
    watermarks=st.lists(st.integers(0, 32_000), max_size=6),
    restores=st.lists(st.integers(1, 3), max_size=6),
    chunk_rows=st.sampled_from([1, 4, CHUNK_ROWS]),
)
def test_windows_are_those_of_all_rows_over_restores_and_any_number_of_tasks(
    rows: list[Row], watermarks: list[int], restores: list[int], chunk_rows: int
) -> None:
    tasks, found = restored([], 2, chunk_rows), []
    left, before = list(rows), -1
    for step, watermark in enumerate(sorted(watermarks)):
        # All rows up to the watermark come before it, and some later ones, too.
        send(tasks, [row for row in left if row[1] <= watermark + 3000 and row[1] > before])
        left = [row for row in left if row[1] > watermark + 3000]
        found += [block for task in tasks for block in task.advance(watermark)]
        before = watermark
        if step < len(restores):
            tasks = restored(tasks, restores[step], chunk_rows)
    send(tasks, left)
    found += [block for task in tasks for block in task.advance(2**63 - 1)]
    expected = brute_force(rows)
    assert {number: values[0] for number, values in answers(found).items()} == {n: v[0] for n, v in expected.items()}
    for number, values in answers(found).items():
        np.testing.assert_allclose(values, expected[number], rtol=1e-12, err_msg=f"row {rows[number]}")
    assert not any(task.timers.get(shard) for task in tasks for shard in task.owned)
    (task,) = restored(tasks, 1, chunk_rows)
    assert not list(task.windows.answer(2**63 - 1)), "rows that were answered wait again"


def test_rows_after_a_restore_may_be_behind_what_was_answered() -> None:
    (task,) = restored([], 1)
    send([task], [(0, 15_000, 1, 1.0)])
    task.advance(20_000)
    (task,) = restored([task], 1)
    assert task.windows.restored_until == 20_000
    send([task], [(1, 18_000, 1, 1.0)])
    assert answers(task.advance(19_000))[1][0] == 2


def test_few_answered_rows_stay_where_they_waited_until_they_make_a_chunk() -> None:
    (task,) = restored([], 1, chunk_rows=3)
    saved, told = [], []
    for number in range(4):
        send([task], [(number, 10_000 + number, 1, 1.0)])
        assert answers(task.advance(10_000 + number))[number][0] == number + 1
        saved.append((sum(map(len, task.waiting.shards.values())), sum(map(len, task.log.shards.values()))))
        marks = [shard[MARK] for shard in task.waiting.shards.values() if MARK in shard]
        told.append(sum(read_answered(mark).count for mark in marks))
    # A part and the mark, two parts and the mark, a chunk, and again a part and the mark.
    assert saved == [(2, 0), (3, 0), (0, 1), (2, 1)]
    assert told == [1, 2, 0, 1]


def test_rows_saved_by_an_earlier_release_without_a_mark_wait_for_their_watermark() -> None:
    (task,) = restored([], 1)
    send([task], [(0, 10_000, 1, 1.0), (1, 12_000, 1, 1.0)])
    assert MARK not in task.waiting.shards[task.waiting.current]
    (task,) = restored([task], 1)
    assert answers(task.advance(20_000)).keys() == {0, 1}


def test_shard_whose_timer_is_lost_is_an_error_and_not_a_lost_row() -> None:
    (task,) = restored([], 1)
    send([task], [(0, 10_000, 1, 1.0)])
    assert list(task.windows.answer(20_000))
    with pytest.raises(RuntimeError, match="was answered and not saved"):
        list(task.windows.answer(30_000))


def test_parts_that_leave_hold_as_many_rows_as_were_asked_for_in_the_order_of_time() -> None:
    windows = KeyedWindows(PLAN, FORMAT, Store(), Store(), most_rows=3)
    task = Task({0})
    task.windows = windows
    send([task], [(number, 10_000 - number, 0, 1.0) for number in range(8)])
    blocks = task.advance(20_000)
    assert [sorted(answers([block])) for block in blocks] == [[5, 6, 7], [2, 3, 4], [0, 1]]


@given(
    rows=ROWS,
    turns=st.lists(st.integers(0, 6), min_size=40, max_size=40),
    watermarks=st.lists(st.integers(0, 32_000), max_size=6),
    restores=st.lists(st.integers(0, 3), max_size=6),
    chunk_rows=st.sampled_from([1, 4, CHUNK_ROWS]),
)
def test_late_rows_see_what_came_before_and_are_seen_by_what_comes_after(
    rows: list[Row], turns: list[int], watermarks: list[int], restores: list[int], chunk_rows: int
) -> None:
    """A row comes at its turn, however late: a late one is answered at once, others when the watermark covers them."""
    tasks = restored([], 2, chunk_rows, ANY_LATENESS)
    answered: list[Row] = []
    steps = [*sorted(set(watermarks)), 2**63 - 1]
    for step, watermark in enumerate(steps):
        is_last = step == len(steps) - 1
        come = [row for row, turn in zip(rows, turns, strict=False) if turn == step or (is_last and turn > step)]
        found = answers(send(tasks, come) + [block for task in tasks for block in task.advance(watermark)])
        answered += [row for row in rows if row[0] in found]
        expected = brute_force(answered)
        for number, values in found.items():
            np.testing.assert_allclose(values, expected[number], rtol=1e-12, err_msg=f"row {rows[number]}")
        if step < len(restores) and restores[step]:
            tasks = restored(tasks, restores[step], chunk_rows, ANY_LATENESS)
    assert len(answered) == len(rows)


def test_a_restored_shard_knows_its_watermark_though_all_its_rows_are_old() -> None:
    (task,) = restored([], 1, chunk_rows=1)
    send([task], [(0, 1_000, 1, 1.0)])
    task.advance(900_000)
    (task,) = restored([task], 1, chunk_rows=1)
    assert task.windows.restored_until == 900_000


def test_late_row_of_a_silent_stream_is_answered_at_once() -> None:
    (task,) = restored([], 1, allowance_ms=10_000)
    send([task], [(0, 15_000, 1, 1.0)])
    task.advance(20_000)
    assert answers(send([task], [(1, 14_000, 1, 2.0)]))[1][:3] == [1, 2.0, 2.0]
    (task,) = restored([task], 1, allowance_ms=10_000)
    send([task], [(2, 21_000, 1, 4.0)])
    assert answers(task.advance(22_000))[2][:2] == [3, 7.0]
