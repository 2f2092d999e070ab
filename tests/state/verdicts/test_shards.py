from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts import shards
from state.verdicts.cells import Cells
from state.verdicts.judged import Judged
from state.verdicts.outcomes import Outcomes
from state.verdicts.shards import Shards
from tests.state.verdicts.made import DictStore, Row, few_rows, outcomes, same_arms
from tests.state.verdicts.tasks import NEVER, Task

TESTED = {"test": Judged((False,), 10, same_arms), "seldom": Judged((False,), 15, same_arms)}
END = 10_000


def row(time: int, point: int = 1, value: float = 1.0) -> Row:
    return (point, time, 0, (value,), np.nan, np.nan)


def events(task: Task) -> dict[tuple[str, int], dict[int, float]]:
    """Rows that were counted, by experiment and shard, at each look."""
    found: dict[tuple[str, int], dict[int, float]] = {}
    for (name, label, at_ms), sums in sorted(task.sums.items()):
        cells = Cells.from_bytes(sums).cells.values()
        found.setdefault((name, label), {})[at_ms] = sum(cell.events[0] for cell in cells)
    return found


def test_look_counts_the_rows_before_its_time() -> None:
    task = Task(TESTED)
    task.arrive(7, outcomes([row(0), row(9), row(10), row(31)]))
    task.advance(9)
    assert events(task) == {}
    task.advance(25)
    assert events(task) == {("test", 7): {10: 2.0, 20: 3.0}}
    task.advance(END)
    assert events(task) == {("test", 7): {10: 2.0, 20: 3.0, 40: 4.0}}
    assert not task.timers


def test_late_rows_count_at_the_next_look() -> None:
    task = Task(TESTED)
    task.arrive(7, outcomes([row(5)]))
    task.advance(30)
    task.arrive(7, outcomes([row(1), row(2)]))
    task.advance(END)
    assert events(task) == {("test", 7): {10: 1.0, 40: 3.0}}


def test_experiments_have_looks_of_their_own() -> None:
    task = Task(TESTED)
    task.arrive(7, outcomes([row(5)]))
    task.arrive(7, outcomes([row(5)], name="seldom"))
    task.advance(END)
    assert events(task) == {("test", 7): {10: 1.0}, ("seldom", 7): {15: 1.0}}


def test_look_without_rows_says_nothing() -> None:
    tested = {"test": Judged((False,), 10, same_arms), "other": Judged((False,), 10, same_arms)}
    task = Task(tested)
    task.arrive(7, outcomes([row(5)]))
    task.arrive(7, outcomes([row(25)], name="other"))
    task.advance(END)
    assert events(task) == {("test", 7): {10: 1.0}, ("other", 7): {30: 1.0}}


def test_rows_of_an_experiment_that_nobody_judges_are_dropped() -> None:
    task = Task(TESTED)
    task.arrive(7, outcomes([row(5)], name="unknown"))
    assert (task.timers, dict(task.store.current)) == (set(), {})


def test_experiment_that_is_gone_does_no_harm() -> None:
    task = Task(TESTED)
    for name in TESTED:
        task.arrive(7, outcomes([row(5), row(25)], name=name))
    task.advance(16)
    task.restore({"seldom": TESTED["seldom"]})
    task.advance(END)
    assert events(task) == {("test", 7): {10: 1.0}, ("seldom", 7): {15: 1.0, 30: 2.0}}
    task.restore(TESTED)
    task.arrive(7, outcomes([row(END + 5)]))
    task.advance(2 * END)
    assert events(task)["test", 7] == {10: 1.0, END + 10: 3.0}


Step = tuple[str, int, list[Row]]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(TESTED)), st.sampled_from([3, 8]), few_rows(1, last_ms=120, least=1, most=6)),
        st.tuples(st.just("watermark"), st.integers(1, 30), st.just([])),
    ),
    max_size=12,
)


def play(steps: Sequence[Step], between: Callable[[Task, int], None] = lambda task, place: None) -> Task:
    """Run a task over parts and watermarks to the end."""
    task, watermark = Task(TESTED), 0
    for place, (what, number, rows) in enumerate(steps):
        between(task, place)
        if what == "watermark":
            watermark += number
            task.advance(watermark)
        else:
            task.arrive(number, outcomes(rows, name=what))
    task.advance(END)
    return task


def finite(steps: Sequence[Step]) -> dict[tuple[str, int], list[Row]]:
    found: dict[tuple[str, int], list[Row]] = {}
    for what, number, rows in steps:
        if what != "watermark":
            found.setdefault((what, number), []).extend(rows)
    return found


def seen(task: Task) -> dict[tuple[str, int], set[int]]:
    """Units by experiment and shard, as the shards have saved them."""
    return {key: set(points) for key, points in saved(task).items()}


def saved(task: Task) -> dict[tuple[str, int], list[int]]:
    found: dict[tuple[str, int], list[int]] = {}
    for label, store in task.store.stores.items():
        for key, data in store.items():
            name, kind, _ = key.rsplit("|", 2)
            if kind == "waiting":
                found.setdefault((name, label), []).extend(Outcomes.from_bytes(data).points.tolist())
    return found


@given(STEPS)
def test_no_row_is_lost_and_timers_are_enough(steps: list[Step]) -> None:
    def all_are_there(task: Task, place: int) -> None:
        sent = finite(steps[:place])
        waiting = saved(task)
        for (name, label), rows in sent.items():
            counted = [Cells.from_bytes(sums) for key, sums in sorted(task.sums.items()) if key[:2] == (name, label)]
            units = sum(cell.units for cell in counted[-1].cells.values()) if counted else 0
            points = {own[0] for own in rows}
            assert units >= len(points - set(waiting.get((name, label), [])))
            assert units + len(set(waiting.get((name, label), []))) >= len(points)

    task = play(steps, all_are_there)
    assert not task.timers
    assert not any("|waiting|" in key for store in task.store.stores.values() for key in store)
    for (name, label), rows in finite(steps).items():
        cells = Cells.from_bytes(task.last_sums(name)[label])
        assert sum(cell.units for cell in cells.cells.values()) == len({own[0] for own in rows})


@given(STEPS, st.randoms(use_true_random=False))
def test_order_of_parts_between_looks_changes_no_bit(steps: list[Step], dice: random.Random) -> None:
    shuffled: list[Step] = []
    part: list[Step] = []
    for step in [*steps, ("watermark", 1, [])]:
        if step[0] == "watermark":
            shuffled += [*dice.sample(part, len(part)), step]
            part = []
        else:
            part.append(step)
    assert play(shuffled).sums == play([*steps, ("watermark", 1, [])]).sums


@given(STEPS, st.sets(st.integers(0, 11), max_size=4))
def test_restored_shards_go_on_to_the_bit(steps: list[Step], stops: set[int]) -> None:
    """The watermark is there again before the next rows: else late ones may be early for a look that was not yet."""

    def stop(task: Task, place: int) -> None:
        if place in stops:
            watermark = task.watermark
            task.restore()
            task.advance(watermark)

    assert play(steps, stop).sums == play(steps).sums


@given(STEPS, st.sets(st.integers(0, 11), max_size=4))
def test_rows_before_the_first_watermark_after_a_restore_are_not_lost(steps: list[Step], stops: set[int]) -> None:
    def stop(task: Task, place: int) -> None:
        if place in stops:
            task.restore()

    task = play(steps, stop)
    task.restore()
    for name, label in finite(steps):
        task.arrive(label, outcomes([row(END + 1)], name=name))
    task.advance(2 * END)
    for (name, label), rows in finite(steps).items():
        cells = Cells.from_bytes(task.last_sums(name)[label])
        counted = sum(cell.units for cell in cells.cells.values())
        assert counted == len({1} | {own[0] for own in rows})


@pytest.mark.parametrize("least", [0, 1 << 16], ids=["ledger", "log"])
def test_look_is_not_repeated_for_late_rows_after_a_restore(least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_LEAST_LOG", least)
    task = Task(TESTED)
    task.arrive(7, outcomes([row(15, point=1)]))
    task.advance(30)
    task.restore()
    task.arrive(7, outcomes([row(13, point=2)]))
    task.arrive(7, outcomes([row(14, point=2)], name="seldom"))
    task.advance(END)
    assert events(task) == {("test", 7): {20: 1.0, 30: 2.0}, ("seldom", 7): {15: 1.0}}
    task.restore()
    task.arrive(7, outcomes([row(END, point=3)]))
    task.advance(2 * END)
    assert events(task)["test", 7][END + 10] == 3.0


@pytest.mark.parametrize("width", [5, 500], ids=["a part a look", "a part for many looks"])
def test_writes_are_bounded_and_the_ledger_takes_the_place_of_rows(width: int) -> None:
    task, dice = Task({"test": Judged((False, True), 10, same_arms)}), np.random.default_rng(4)
    kinds = set()
    for look in range(100):
        times = np.sort(look * 10 + dice.integers(0, width, 400))
        rows: list[Row] = [
            (int(dice.integers(0, 2_000)), time, 0, (1.0, 2.0), np.nan, np.nan) for time in times.tolist()
        ]
        task.arrive(1, outcomes(rows, metrics=2))
        task.advance(look * 10 + 9)
        kinds |= {key.split("|")[1] for key in task.store.stores[1]}
    task.advance(END)
    assert kinds == {"described", "waiting", "log", "ledger"}
    assert task.store.written < 4 * task.arrived
    assert sum(map(len, task.store.stores[1].values())) < task.arrived / 5
    before = task.last_sums("test")[1]
    task.restore()
    task.arrive(1, outcomes([(1, END, 0, (np.nan, np.nan), np.nan, np.nan)], metrics=2))
    task.advance(END + 10)
    events = [
        [cell.events for cell in Cells.from_bytes(sums).cells.values()] for sums in (before, task.last_sums("test")[1])
    ]
    assert events == [[[40_000.0, 40_000.0]]] * 2


def test_nothing_is_due_without_rows() -> None:
    task = Task(TESTED)
    assert task.shards.next_timer(1, NEVER) is None
    assert task.shards.look(1, 30) == []


def test_sums_of_other_metrics_or_variants_are_refused() -> None:
    before, after = (Judged((False,), 10, same_arms, described=text) for text in ("variants a, b", "variants b, a"))
    store = DictStore()
    Shards({"test": before}, store).arrive(1, outcomes([row(0)]).to_bytes(), NEVER)
    Shards({"test": before}, store).load(1)
    wanted = r"experiment 'test': expected the settings of its saved sums \(variants a, b\), got variants b, a"
    with pytest.raises(ValueError, match=wanted):
        Shards({"test": after}, store).load(1)
