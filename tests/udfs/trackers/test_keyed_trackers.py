"""A tracker stage's rows, in any parts, over restores: the same answers as if each key's rows had come at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from state.trackers.half_space_trees import HalfSpaceTreesSettings
from state.trackers.plan import TrackerPlan, tracker_plans
from state.trackers.robust_z import RobustZSettings
from state.trackers.tracker import TrackerSpec
from udfs.trackers.keyed_trackers import KeyedTrackers
from udfs.windows.parts import Block, PartFormat, by_key

FORMAT = PartFormat((("id", "BIGINT"), ("at", "BIGINT"), ("k", "STRING"), ("x", "DOUBLE"), ("n", "BIGINT")))
SCORES = TrackerSpec(("z",), "k", ("x",), RobustZSettings(history=5, least=2))
TREES = TrackerSpec(("h",), "k", ("x", "n"), HalfSpaceTreesSettings(trees=2, height=3, window=4))
PLAN = TrackerPlan("k", "at", (SCORES, TREES))
SHARDS = 3
Row = tuple[int, int, str | None, float | None, int | None]
ROWS = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.sampled_from(["a", "b", "é", None]),
        st.one_of(st.none(), st.floats(-10, 10)),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=40,
).map(lambda rows: [(i, *row) for i, row in enumerate(rows)])


@dataclass
class Store:
    """State by shard, as Flink keeps it: only that of the current shard is in reach."""

    shards: dict[int, dict[object, bytes]] = field(default_factory=dict)
    current: int = 0

    def get(self, key: object) -> bytes | None:
        return self.shards.setdefault(self.current, {}).get(key)

    def put(self, key: object, value: bytes) -> None:
        self.shards.setdefault(self.current, {})[key] = value

    def items(self) -> Iterable[tuple[object, bytes]]:
        return list(self.shards.setdefault(self.current, {}).items())

    def clear(self) -> None:
        self.shards.setdefault(self.current, {}).clear()


@dataclass
class Task:
    """A task of the stage, which does what Flink does with shards and timers."""

    waiting: Store = field(default_factory=Store)
    kept: Store = field(default_factory=Store)
    plan: TrackerPlan = PLAN

    def __post_init__(self) -> None:
        self.trackers = KeyedTrackers(self.plan, FORMAT, self.waiting, self.kept)
        self.timers: dict[int, set[int]] = {}
        for label in sorted({*self.waiting.shards, *self.kept.shards}):
            self.waiting.current = self.kept.current = label
            self.trackers.load(label)

    def restored(self, plan: TrackerPlan = PLAN) -> Task:
        """Return a new task with a copy of the state, and the timers, which Flink restores, too."""
        task = Task(copy.deepcopy(self.waiting), copy.deepcopy(self.kept), plan)
        task.timers = copy.deepcopy(self.timers)
        return task

    def arrive(self, rows: list[Row]) -> None:
        for label, part in by_key(block(rows), "k", SHARDS):
            self.waiting.current = self.kept.current = label
            timer = self.trackers.arrive(label, FORMAT.encode(part))
            if timer is not None:
                self.timers.setdefault(label, set()).add(timer)

    def advance(self, watermark: int) -> list[tuple[object, ...]]:
        found = []
        for label, timers in self.timers.items():
            while due := {each for each in timers if each <= watermark}:
                timers.difference_update(due)
                self.waiting.current = self.kept.current = label
                rows, timer = self.trackers.answer(label, watermark)
                if timer is not None:
                    timers.add(timer)
                if rows is not None:
                    found += answers(rows)
        return found


def block(rows: list[Row]) -> Block:
    columns = zip(*rows, strict=True) if rows else [[]] * 5
    return FORMAT.block(
        {
            name: np.array(list(values), dtype=object if name == "k" else np.float64)
            for (name, _), values in zip(FORMAT.columns, columns, strict=True)
        }
    )


def answers(rows: Block) -> list[tuple[object, ...]]:
    columns = [rows.numbers(name).values for name in ("id", "z", "h")]
    return [(int(number), repr(z), repr(h)) for number, z, h in zip(*columns, strict=True)]


def expected(rows: list[Row]) -> set[tuple[object, ...]]:
    """Each key by itself, all its rows at once, in the order of time."""
    found = set()
    for key in {row[2] for row in rows}:
        own = sorted((row for row in rows if row[2] == key), key=lambda row: row[1])
        times = np.array([row[1] for row in own])
        values = np.array([row[3:] for row in own], np.float64)
        z = SCORES.settings.start(1).follow(times, values[:, :1])[:, 0]
        h = TREES.settings.start(2).follow(times, values)[:, 0]
        found |= {(row[0], repr(a), repr(b)) for row, a, b in zip(own, z, h, strict=True)}
    return found


@given(ROWS, st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_parts_watermarks_and_restores_change_no_answer(rows: list[Row], cuts: list[int], restores: bool) -> None:
    task, found = Task(), []
    ordered = sorted(rows, key=lambda row: row[1])
    bounds = sorted({0, *(min(cut, len(rows)) for cut in cuts), len(rows)})
    for begin, end in zip(bounds, [*bounds[1:], len(rows)], strict=True):
        task.arrive(ordered[begin:end])
        # Rows of one instant are answered in the order in which they came, so an instant may not be cut.
        found += task.advance(ordered[end][1] - 1 if end < len(rows) else 10**6)
        if restores:
            task = task.restored()
    assert set(found) == expected(rows)
    assert len(found) == len(rows)
    assert not any(task.waiting.shards.values())


def test_rows_wait_for_the_watermark_and_are_answered_in_the_order_of_time() -> None:
    task = Task()
    task.arrive([(0, 9, "a", 1.0, 1), (1, 6, "a", 2.0, 1), (2, 3, "a", 3.0, 1)])
    assert task.advance(2) == []
    assert [row[0] for row in task.advance(6)] == [2, 1]
    assert [row[0] for row in task.advance(9)] == [0]
    assert task.trackers.answered_until == 9


def test_late_rows_are_answered_behind_those_before_them() -> None:
    task = Task()
    task.arrive([(i, i, "a", float(i % 3), 0) for i in range(6)])
    task.advance(5)
    late = task.trackers.answer_late(task.kept.current, block([(9, 2, "a", 50.0, 0)]))
    scores = RobustZSettings(history=5, least=2).start(1)
    scores.follow(np.arange(6), np.array([[float(i % 3)] for i in range(6)]))
    assert late.numbers("z").values[0] == scores.follow(np.array([2]), np.array([[50.0]]))[0, 0] == 20.0


def test_restored_task_knows_up_to_where_it_answered() -> None:
    task = Task()
    task.arrive([(0, 4, "a", 1.0, 1)])
    task.advance(7)
    assert task.restored().trackers.answered_until == 7


def test_a_tracker_goes_on_in_another_plan_and_one_with_other_settings_starts_anew() -> None:
    rows: list[Row] = [(i, i, "a", float(i % 3), i % 2) for i in range(12)]
    whole, task = Task(), Task()
    whole.arrive(rows)
    task.arrive(rows[:6])
    task.advance(5)
    shorter = replace(TREES, settings=HalfSpaceTreesSettings(trees=2, height=3, window=2))
    task = task.restored(TrackerPlan("k", "at", (shorter, SCORES)))
    task.arrive(rows[6:])
    found, expected_of = task.advance(11), whole.advance(11)[6:]
    assert [z for _, z, _ in found] == [z for _, z, _ in expected_of]
    anew = shorter.settings.start(2).follow(np.arange(6), np.array([row[3:] for row in rows[6:]], np.float64))
    assert [h for _, _, h in found] == [repr(value) for value in anew[:, 0]]


def test_plans_are_by_key_in_the_order_of_the_features() -> None:
    others = TrackerSpec(("y",), "plant", ("x",), RobustZSettings())
    plans = tracker_plans([SCORES, others, TREES], "at")
    assert [(plan.key, plan.outputs) for plan in plans] == [("k", ("z", "h")), ("plant", ("y",))]
