"""The joins of a task's shards: columns as they came, outcomes by output, over restores and any number of tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.labels.settings import JoinTimes
from state.sliding.rows import Column
from state.sliding.storage.shards import shards_of
from tests.state.labels.oracle import Oracle, Row
from tests.udfs.labels.sides import part, rows_of, settings
from udfs.labels.keyed_labels import KeyedLabels, Side
from udfs.labels.label_parts import Left, output_columns
from udfs.labels.settings import LabelSettings

SHARDS = 4
LAST = 2**63 - 1
TIMES = JoinTimes(100, 50, 20)


@dataclass
class Store:
    """State by shard, as Flink keeps it: only that of the current shard is in reach."""

    shards: dict[int, dict[int, bytes]] = field(default_factory=dict)
    current: int = 0

    def put(self, key: int, value: bytes) -> None:
        self.shards.setdefault(self.current, {})[key] = value

    def remove(self, key: int) -> None:
        del self.shards[self.current][key]

    def items(self) -> Iterable[tuple[int, bytes]]:
        return list(self.shards.get(self.current, {}).items())


class Task:
    """A task of the stage: it does what Flink does with its shards and their timers."""

    def __init__(self, of: LabelSettings, shards: dict[int, dict[int, bytes]], timers: dict[int, set[int]]) -> None:
        self.settings, self.store, self.timers = of, Store(shards), timers
        self.labels = KeyedLabels(of, self.store)
        for shard in shards:
            self.store.current = shard
            self.labels.load(shard)

    def arrive(self, shard: int, side: Side, data: bytes) -> list[Left]:
        self.store.current = shard
        found = list(self.labels.arrive(shard, side, data))
        self._set_timer(shard)
        return found

    def advance(self, watermark: int) -> list[Left]:
        found = []
        for at, shard in sorted((at, shard) for shard, times in self.timers.items() for at in times if at <= watermark):
            self.timers[shard].discard(at)
            self.store.current = shard
            found += list(self.labels.advance(shard, watermark))
            self._set_timer(shard)
        return found

    def _set_timer(self, shard: int) -> None:
        timer = self.labels.timer(shard)
        if timer is not None:
            self.timers.setdefault(shard, set()).add(timer)


def restored(of: LabelSettings, tasks: list[Task], count: int) -> list[Task]:
    """The state of all tasks in as many new ones."""
    shards = {shard: dict(pieces) for task in tasks for shard, pieces in task.store.shards.items() if pieces}
    timers = {shard: set(times) for task in tasks for shard, times in task.timers.items()}
    return [
        Task(
            of,
            {shard: pieces for shard, pieces in shards.items() if shard % count == number},
            {shard: times for shard, times in timers.items() if shard % count == number},
        )
        for number in range(count)
    ]


def one_task(of: LabelSettings) -> Task:
    (task,) = restored(of, [], 1)
    return task


def main_rows(of: LabelSettings, left: Iterable[Left]) -> list[tuple[Any, ...]]:
    return [row for each in left if each.output is None for row in rows_of(each.part, output_columns(of, None))]


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["predictions", "labels"]),
            st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.integers(0, 400)), min_size=1, max_size=8),
        ),
        st.tuples(st.just("advance"), st.integers(0, 500)),
        st.tuples(st.just("restore"), st.integers(1, 3)),
    ),
    max_size=30,
)
NAMES = {"expired": "negative", "no_id": "unlabelled"}


@given(steps=STEPS, id_kind=st.sampled_from(["BIGINT", "STRING"]))
def test_outcomes_are_those_row_by_row_over_restores_and_any_number_of_tasks(
    steps: list[tuple[Any, Any]], id_kind: str
) -> None:
    of = settings(TIMES, id_kind, negative=0.0)
    tasks, oracles, number = restored(of, [], 2), [Oracle(TIMES) for _ in range(SHARDS)], 0
    name_of = (lambda key: key) if id_kind == "BIGINT" else (lambda key: None if key is None else f"i{key}")
    for step, given_ in [*steps, ("advance", LAST)]:
        found: list[Left] = []
        wanted: list[tuple[str, int | None, int | None]] = []
        if step == "restore":
            tasks = restored(of, tasks, given_)
            continue
        if step == "advance":
            found += [left for task in tasks for left in task.advance(given_)]
            wanted += [left for oracle in oracles for left in oracle.advance(given_)]
        else:
            rows = [Row(number + place, key, at) for place, (key, at) in enumerate(given_)]
            number += len(rows)
            for shard in range(SHARDS):
                own = [row for row in rows if _shard(row.id) == shard]
                if not own:
                    continue
                if step == "predictions":
                    wanted += oracles[shard].predict(own)
                    data = part(of, step, [(name_of(row.id), 0.5, row.time, "a", row.number) for row in own])
                else:
                    wanted += oracles[shard].label(own)
                    data = part(of, step, [(row.time, name_of(row.id), 1.0, str(row.number)) for row in own])
                found += tasks[shard % len(tasks)].arrive(shard, step, data)
        counted = Counter[str]()
        for left in found:
            counted[left.outcome] += left.rows
        assert counted == Counter(NAMES.get(kind, kind) for kind, _, _ in wanted), (step, given_)
        pairs = [[row[4], int(row[7])] for row in main_rows(of, found) if row[9] == "matched"]
        assert sorted(pairs) == sorted(pair for kind, *pair in map(list, wanted) if kind == "matched")
    assert [task.labels.waiting for task in tasks] == [(0, 0)] * len(tasks)
    assert not any(pieces for task in tasks for pieces in task.store.shards.values())
    assert not any(times for task in tasks for times in task.timers.values())


def _shard(key: int | None) -> int:
    return 0 if key is None else int(shards_of(Column(np.array([key])), SHARDS)[0])


def test_columns_of_both_sides_leave_as_they_came_with_the_age() -> None:
    of = settings(TIMES)
    task = one_task(of)
    task.arrive(0, "predictions", part(of, "predictions", [(7, float("nan"), 10, None, None), (8, 0.25, 11, "é", -3)]))
    found = task.arrive(0, "labels", part(of, "labels", [(40, 8, 1.0, None), (5, 7, None, "desk")]))
    assert [name for name, _ in of.columns] == [
        *("id", "score", "at", "variant", "n", "seen_at", "label", "source", "__age_ms", "__outcome")
    ]
    assert main_rows(of, found) == [
        (7, None, 10, None, None, 5, None, "desk", -5, "matched"),
        (8, 0.25, 11, "é", -3, 40, 1.0, None, 29, "matched"),
    ]


@pytest.mark.parametrize(
    ("negative", "row"),
    [
        (None, (7, 0.5, 10, "a", 1, None, None, None, None, "unlabelled")),
        (0.0, (7, 0.5, 10, "a", 1, 110, 0.0, None, 100, "negative")),
    ],
    ids=["unlabelled", "negative"],
)
def test_prediction_without_a_label_leaves_without_one_or_with_the_negative_one(
    negative: float | None, row: tuple[Any, ...]
) -> None:
    of = settings(TIMES, negative=negative)
    task = one_task(of)
    task.arrive(0, "predictions", part(of, "predictions", [(7, 0.5, 10, "a", 1)]))
    assert task.advance(109) == []
    assert main_rows(of, task.advance(110)) == [row]


def test_rows_without_an_id_leave_when_they_come_and_are_never_negative() -> None:
    of = settings(TIMES, "STRING", negative=0.0)
    task = one_task(of)
    (left,) = task.arrive(0, "predictions", part(of, "predictions", [(None, 0.5, 10, "a", 1)]))
    assert main_rows(of, [left]) == [(None, 0.5, 10, "a", 1, None, None, None, None, "unlabelled")]
    (left,) = task.arrive(0, "labels", part(of, "labels", [(10, None, 1.0, "desk")]))
    assert (left.outcome, left.output) == ("orphan", "orphan")
    assert rows_of(left.part, output_columns(of, "orphan")) == [(10, None, 1.0, "desk")]


def test_side_outputs_have_the_columns_of_their_side() -> None:
    of = settings(TIMES)
    task = one_task(of)
    task.arrive(0, "predictions", part(of, "predictions", [(1, 0.5, 0, "a", 1), (2, 0.5, 0, "a", 2)]))
    found = task.arrive(0, "predictions", part(of, "predictions", [(1, 0.75, 5, "b", 3)]))
    found += task.arrive(0, "labels", part(of, "labels", [(6, 1, 1.0, "x"), (7, 1, 0.0, "y")]))
    found += task.advance(100)
    found += task.arrive(0, "labels", part(of, "labels", [(101, 2, 1.0, "z"), (60, 9, 1.0, "w")]))
    found += task.advance(110)
    sides = {left.output: rows_of(left.part, output_columns(of, left.output)) for left in found if left.output}
    assert sides == {
        "repeated": [(1, 0.75, 5, "b", 3)],
        "duplicate": [(7, 1, 0.0, "y")],
        "late": [(101, 2, 1.0, "z")],
        "orphan": [(60, 9, 1.0, "w")],
    }


def test_one_timer_a_shard_is_set_and_an_earlier_one_when_a_row_needs_it() -> None:
    of = settings(TIMES)
    task = one_task(of)
    for at, wanted in ((50, {150}), (60, {150}), (20, {150, 120})):
        task.arrive(0, "predictions", part(of, "predictions", [(at, 0.5, at, "a", 1)]))
        assert task.timers[0] == wanted
