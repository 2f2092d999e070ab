"""A shard's join gives what a join row by row gives, over restores, and holds no more than it has to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.labels.packed_rows import PackedRows
from state.labels.settings import JoinTimes
from state.labels.shard_join import ShardJoin
from state.labels.shard_rows import JoinShapes
from tests.state.labels.oracle import LONGS, TEXTS, Oracle, Row, left, packed

LAST = 2**63 - 1


class Store(dict[int, bytes]):
    """A shard's pieces, with the methods of Flink's MapState; a key is put once, but for the marks."""

    bytes_written = puts = 0

    def put(self, key: int, value: bytes) -> None:
        assert key == -1 or key not in self
        self[key] = value
        self.puts += 1
        self.bytes_written += len(value)

    def remove(self, key: int) -> None:
        del self[key]

    @property
    def size(self) -> int:
        return sum(map(len, self.values()))


class Shard:
    """A join, and the state that Flink would keep for it."""

    def __init__(self, times: JoinTimes, shapes: JoinShapes = LONGS) -> None:
        self.times, self.shapes, self.store = times, shapes, Store()
        self.restore()

    def restore(self) -> None:
        self.join = ShardJoin(self.times, self.shapes, list(self.store.items()))

    def predict(self, rows: Sequence[Row]) -> list[tuple[str, int | None, int | None]]:
        return left(list(self.join.add_predictions(self.store, packed(list(rows), self.shapes))))

    def label(self, rows: Sequence[Row]) -> list[tuple[str, int | None, int | None]]:
        return left(list(self.join.add_labels(self.store, packed(list(rows), self.shapes))))

    def advance(self, watermark: int) -> list[tuple[str, int | None, int | None]]:
        return left(list(self.join.advance(self.store, watermark)))


_TIMES = st.builds(JoinTimes, st.integers(0, 20), st.integers(0, 30), st.integers(0, 20))
_ROWS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 6), st.integers(0, 60)), st.integers(0, 80)), max_size=9)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("predict"), _ROWS),
        st.tuples(st.just("label"), _ROWS),
        st.tuples(st.just("advance"), st.integers(0, 130)),
        st.tuples(st.just("restore"), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(times=_TIMES, steps=_STEPS, shapes=st.sampled_from([LONGS, TEXTS]))
def test_outcomes_are_those_of_a_join_row_by_row_over_restores(
    times: JoinTimes, steps: list[tuple[str, object]], shapes: JoinShapes
) -> None:
    shard, oracle, number = Shard(times, shapes), Oracle(times), 0
    came = {"predict": 0, "label": 0}
    ended = {"predict": 0, "label": 0}
    for step, given_ in [*steps, ("advance", LAST)]:
        if step == "restore":
            shard.restore()
            continue
        if isinstance(given_, list):
            rows = [Row(number + place, name, time) for place, (name, time) in enumerate(given_)]
            number += len(rows)
            came[step] += len(rows)
            found, wanted = getattr(shard, step)(rows), getattr(oracle, step)(rows)
        else:
            found, wanted = shard.advance(given_), oracle.advance(given_)  # type: ignore[arg-type]
        assert sorted(map(repr, found)) == sorted(map(repr, wanted)), (step, given_)
        assert shard.join.waiting == oracle.sizes
        ended["predict"] += sum(prediction is not None for _, prediction, _ in found)
        ended["label"] += sum(label is not None for _, _, label in found)
        for side, waiting in zip(("predict", "label"), shard.join.waiting, strict=True):
            assert came[side] == ended[side] + waiting, "a row is lost, or left twice"
    assert shard.join.waiting == (0, 0)
    assert not shard.store, "pieces of rows that left are held"


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**31),
    restores=st.sets(st.integers(0, 60), max_size=10),
    shapes=st.sampled_from([LONGS, TEXTS]),
)
def test_outcomes_of_many_rows_with_merged_and_rewritten_pieces_are_those_row_by_row(
    seed: int, restores: set[int], shapes: JoinShapes
) -> None:
    random, times = np.random.default_rng(seed), JoinTimes(300, 200, 100)
    shard, oracle, number = Shard(times, shapes), Oracle(times), 0
    for step in range(60):
        if step in restores:
            shard.restore()
        for side, behind in (("predict", 0), ("label", int(random.integers(0, 100)))):
            size = int(random.integers(0, 700 if step % 10 == 0 else 60))
            ids, at = random.integers(0, 40, size) + 20 * step - behind // 5, random.integers(0, 40, size) + 20 * step
            rows = [
                Row(number + place, *each) for place, each in enumerate(zip(ids.tolist(), at.tolist(), strict=True))
            ]
            number += size
            assert sorted(getattr(shard, side)(rows), key=repr) == sorted(getattr(oracle, side)(rows), key=repr)
        assert sorted(shard.advance(20 * step - 10), key=repr) == sorted(oracle.advance(20 * step - 10), key=repr)
        assert shard.join.waiting == oracle.sizes


def test_first_label_wins_in_the_order_of_time_and_the_others_are_duplicates() -> None:
    shard = Shard(JoinTimes(100, 100))
    shard.predict([Row(0, 7, 50)])
    assert shard.label([Row(1, 7, 62), Row(2, 7, 61)]) == [("matched", 0, 2), ("duplicate", None, 1)]
    assert shard.label([Row(3, 7, 55)]) == [("duplicate", None, 3)]


def test_label_of_before_its_prediction_has_a_negative_age() -> None:
    shard = Shard(JoinTimes(100, 100))
    shard.label([Row(1, 7, 45)])
    (outcome,) = shard.join.add_predictions(shard.store, packed([Row(0, 7, 50)]))
    assert (outcome.kind, outcome.ages_ms.tolist()) == ("matched", [-5])


def test_label_is_late_while_its_prediction_is_remembered_and_an_orphan_after() -> None:
    shard = Shard(JoinTimes(100, 10, late_ttl_ms=50))
    shard.predict([Row(0, 7, 0)])
    assert shard.advance(99) == []
    assert shard.advance(100) == [("expired", 0, None)]
    assert shard.label([Row(1, 7, 120)]) == [("late", None, 1)]
    assert shard.advance(150) == []
    assert shard.label([Row(2, 7, 141)]) == []
    assert shard.advance(151) == [("orphan", None, 2)]


def test_row_after_its_time_leaves_with_the_next_watermark_and_can_be_matched_until_then() -> None:
    shard = Shard(JoinTimes(10, 10))
    shard.predict([Row(0, 1, 500)])
    shard.advance(510)
    assert shard.predict([Row(1, 2, 3), Row(2, 3, 3)]) == []
    assert shard.label([Row(3, 2, 4)]) == [("matched", 1, 3)]
    assert shard.advance(511) == [("expired", 2, None)]


def test_repeated_prediction_changes_nothing_whether_the_first_waits_or_has_left() -> None:
    shard = Shard(JoinTimes(100, 100, 100))
    assert shard.predict([Row(0, 7, 5), Row(1, 7, 6)]) == [("repeated", 1, None)]
    assert shard.predict([Row(2, 7, 0)]) == [("repeated", 2, None)]
    assert shard.label([Row(3, 7, 8)]) == [("matched", 0, 3)]
    assert shard.predict([Row(4, 7, 9)]) == [("repeated", 4, None)]
    shard.advance(205)
    assert shard.predict([Row(5, 7, 300)]) == []


def test_times_at_the_ends_of_64_bits_are_judged_too() -> None:
    shard = Shard(JoinTimes(100, 100))
    shard.predict([Row(0, 1, LAST), Row(1, 2, -(2**63))])
    assert shard.advance(-(2**63) + 100) == [("expired", 1, None)]
    assert shard.advance(LAST) == [("expired", 0, None)]
    assert not shard.store


def test_state_is_flat_over_ten_times_the_time_that_rows_wait() -> None:
    """Rows of each second are labelled with a spread; a part of them never is."""
    random, ttl_s, rate = np.random.default_rng(3), 60, 100
    shard = Shard(JoinTimes(1000 * ttl_s, 10_000, late_ttl_ms=10_000))
    sizes, counts, pending = [], [], dict[int, list[Row]]()
    for second in range(10 * ttl_s):
        ids = range(second * rate, (second + 1) * rate)
        rows = [Row(name, name, 1000 * second + int(random.integers(0, 1000))) for name in ids]
        shard.predict(rows)
        for row in rows:
            if random.random() < 0.8:
                delay_s = min(int(random.exponential(10)), ttl_s - 5)
                pending.setdefault(second + delay_s, []).append(row)
        shard.label([row._replace(time=1000 * second) for row in pending.pop(second, [])])
        shard.advance(1000 * second)
        sizes.append(shard.store.size)
        counts.append(len(shard.store))
    early, late = (max(sizes[begin * ttl_s : (begin + 1) * ttl_s]) for begin in (2, 9))
    assert late < 1.05 * early
    assert max(counts) < 60
    # 20 % of the rows of 60 s, and those whose label is yet to come: at most twice their bytes, and the ids of 70 s.
    waiting = len(packed([Row(10**5, 10**5, 0)] * shard.join.waiting[0]).encode(0))
    remembered = 4 * 8 * rate * 70
    assert max(sizes) < 2 * (waiting + remembered)
    # Each row is written a few times at most.
    rows_written = shard.store.bytes_written / (len(packed([Row(10**5, 10**5, 0)] * 100).encode(0)) / 100)
    assert rows_written < 6 * 10 * ttl_s * rate


def test_a_call_with_few_matches_writes_little() -> None:
    shard = Shard(JoinTimes(10**6, 10**6))
    shard.predict([Row(number, number, number) for number in range(10_000)])
    before = shard.store.bytes_written
    shard.label([Row(1, 5, 7)])
    assert shard.store.bytes_written - before < 100
    assert shard.store.puts == 2


@pytest.mark.parametrize("side", ["add_predictions", "add_labels"])
def test_no_rows_are_no_outcomes(side: str) -> None:
    shard = Shard(JoinTimes(1, 1))
    nothing = PackedRows(np.empty((0, 4), np.int64), np.empty((0, 1), np.int64), (np.empty(0, np.uint8),))
    assert list(getattr(shard.join, side)(shard.store, nothing)) == []
    assert (shard.join.next_due, shard.store) == (None, {})


def test_next_due_is_the_earliest_of_what_waits_and_what_is_remembered() -> None:
    shard = Shard(JoinTimes(100, 10, 50))
    found = []
    for act in (
        lambda: shard.predict([Row(0, 1, 5)]),
        lambda: shard.label([Row(1, 2, 20)]),
        lambda: shard.advance(30),
        lambda: shard.label([Row(2, 1, 31)]),
        lambda: shard.advance(155),
    ):
        act()
        found.append(shard.join.next_due)
    assert found == [105, 30, 105, 155, None]


def test_piece_of_which_most_rows_have_left_is_rewritten() -> None:
    shard = Shard(JoinTimes(10**6, 10**6))
    shard.predict([Row(number, number, number) for number in range(1000)])
    before = shard.store[0]
    shard.label([Row(number, number, number) for number in range(499)])
    assert shard.store[0] == before
    shard.label([Row(number, number, number) for number in range(499, 600)])
    pieces = [len(PackedRows.decode(piece)[1]) for piece in shard.store.values()]
    assert sorted(pieces) == [101, 400, 499]


def test_labels_keep_their_order_though_the_piece_of_the_first_is_merged_after_that_of_the_second() -> None:
    shard = Shard(JoinTimes(100, 100))
    for number in range(7):
        shard.label([Row(number, 7 if number == 0 else 100 + number, 5)])
    shard.label([Row(10 + number, 7 if number == 0 else 200 + number, 5) for number in range(8)])
    shard.label([Row(20, 300, 5)])
    assert len(shard.store) == 2
    shard.restore()
    assert shard.predict([Row(30, 7, 5)]) == [("matched", 30, 0), ("duplicate", None, 10)]


def test_labels_keep_their_order_over_restores_between_them() -> None:
    shard = Shard(JoinTimes(100, 100))
    shard.label([Row(0, 1, 5), Row(1, 7, 5)])
    shard.restore()
    shard.label([Row(2, 7, 5)])
    shard.restore()
    assert shard.predict([Row(3, 7, 5)]) == [("matched", 3, 1), ("duplicate", None, 2)]


_FACTS = st.dictionaries(st.integers(0, 8), st.tuples(st.integers(0, 60), st.lists(st.integers(0, 120), max_size=3)))


@settings(max_examples=200)
@given(facts=_FACTS, times=_TIMES, order=st.lists(st.booleans(), max_size=40))
def test_pairs_do_not_depend_on_which_side_is_read_first(
    facts: dict[int, tuple[int, list[int]]], times: JoinTimes, order: list[bool]
) -> None:
    rows = {
        "predict": sorted((at, name) for name, (at, _) in facts.items()),
        "label": sorted((at, name) for name, (_, labels) in facts.items() for at in labels),
    }
    expected = set()
    for name, (at, labels) in facts.items():
        fitting = [each for each in sorted(labels) if at - times.early_ttl_ms <= each <= at + times.label_ttl_ms]
        expected.add(("matched", at, name, fitting[0]) if fitting else ("expired", at, name, None))
    shard, numbers, found = Shard(times), [], set()
    place = {"predict": 0, "label": 0}
    for is_label in [*order, *[True] * 30, *[False] * 10]:
        side = "label" if is_label else "predict"
        if place[side] < len(rows[side]):
            at, name = rows[side][place[side]]
            place[side] += 1
            numbers.append((at, name))
            outcomes = getattr(shard, side)([Row(len(numbers) - 1, name, at)])
        else:
            outcomes = []
        reached = [rows[each][place[each]][0] if place[each] < len(rows[each]) else LAST for each in rows]
        for kind, prediction, label in [*outcomes, *shard.advance(min(reached) - 1)]:
            if prediction is not None:
                found.add((kind, *numbers[prediction], None if label is None else numbers[label][0]))
    shard_end = shard.advance(LAST)
    found |= {(kind, *numbers[prediction], None) for kind, prediction, _ in shard_end if prediction is not None}
    assert found == expected
