"""The engine against brute force, on random histories in batches of any size; what it frees, and what it refuses."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.sliding.engine import LAST_WATERMARK, SlidingWindows
from state.sliding.errors import LateRowsError
from state.sliding.plan import Kind
from state.sliding.rows import Column, Rows
from state.window_sql import WindowSpec
from tests.state.sliding.histories import DOUBLE_KEYS, HISTORIES, TEXT_KEYS, WATERMARKS, rows
from tests.state.sliding.oracle import Row, every_spec, expected, moved, plan_of, rows_of
from tests.state.sliding.stage import answers

SPECS = [*every_spec(2), *every_spec(5, delay_s=3)]
COUNT = WindowSpec("N", "count", None, "CARD", 2)


def assert_equal_to_brute_force(
    history: Sequence[Row], watermarks: Sequence[int], key_kind: Kind = "integer", specs: Sequence[WindowSpec] = SPECS
) -> None:
    found = answers(plan_of(*specs, key_kind=key_kind), history, watermarks, key_kind)
    for spec in specs:
        np.testing.assert_array_equal(found[spec.name], expected(history, spec), err_msg=spec.name)


def plain(times: Sequence[int], keys: Sequence[int] | None = None) -> Rows:
    return Rows(np.array(times, np.int64), Column(np.array(keys or [0] * len(times), np.int64)))


@given(HISTORIES, WATERMARKS)
@settings(max_examples=100, deadline=None)
def test_every_function_equals_brute_force_in_batches_of_any_size(history: list[Row], watermarks: list[int]) -> None:
    assert_equal_to_brute_force(history, watermarks)


@given(st.lists(rows(TEXT_KEYS), min_size=1, max_size=15), WATERMARKS)
@settings(max_examples=25, deadline=None)
def test_texts_are_keys_and_null_is_one(history: list[Row], watermarks: list[int]) -> None:
    assert_equal_to_brute_force(history, watermarks, "text")


@given(st.lists(rows(DOUBLE_KEYS), min_size=1, max_size=15), WATERMARKS)
@settings(max_examples=25, deadline=None)
def test_doubles_are_keys(history: list[Row], watermarks: list[int]) -> None:
    assert_equal_to_brute_force(history, watermarks, "double")


@given(HISTORIES, WATERMARKS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_neither_batches_nor_the_order_of_arrival_change_a_bit(
    history: list[Row], watermarks: list[int], chance: random.Random
) -> None:
    plan = plan_of(*SPECS)
    order = list(range(len(history)))
    chance.shuffle(order)
    at_once = answers(plan, history, [])
    shuffled = answers(plan, [history[place] for place in order], watermarks)
    for name, values in at_once.items():
        assert values[order].tobytes() == shuffled[name].tobytes(), name


@pytest.mark.parametrize("batch_ms", [700, 7_000, 100_000])
@pytest.mark.parametrize("keys", [1, 40], ids=["one key", "many keys"])
def test_a_long_history_equals_brute_force(batch_ms: int, keys: int) -> None:
    """Batches shorter and longer than the windows take turns, and many blocks of them come and go."""
    chance = random.Random(batch_ms + keys)
    history = [
        Row(chance.randrange(60_000), chance.randrange(keys), ITEMS=chance.randrange(-9, 9), KIND=chance.choice("ab"))
        for _ in range(400)
    ]
    watermarks = [*range(0, 30_000, batch_ms), *range(30_000, 60_000, 5 * batch_ms)]
    functions = ("count", "sum", "min", "max", "distinct", "last")
    specs = [
        WindowSpec(f"{function} {window_s} {text}", function, "ITEMS", "CARD", window_s, 0, text)
        for function in functions
        for window_s in (1, 3, 20)
        for text in (None, "KIND = 'a'")
    ]
    specs += [WindowSpec(f"previous {window_s}", "previous_time", "AT", "CARD", window_s) for window_s in (1, 3)]
    assert_equal_to_brute_force(history, watermarks, specs=specs)


def test_a_row_ten_thousand_years_away_is_in_a_batch_of_its_own_step() -> None:
    """Key and time of a row share 62 bits: a batch that needs more is cut."""
    history = [Row(time, key) for time in (-(2**48), 0, 2**48, 2**48 + 1) for key in range(2000)]
    found = answers(plan_of(COUNT), history, [])
    assert found["N"].tolist() == [1.0] * 6000 + [2.0] * 2000


def test_empty_windows_give_the_value_asked_for() -> None:
    functions = ("sum", "avg", "stddev", "min", "max", "last")
    specs = [WindowSpec(f, f, "SIZE", "CARD", 2, 0, None, empty=-1.5) for f in functions]
    found = answers(plan_of(*specs), [Row(0, SIZE=None)], [])
    assert found == {f: [-1.5] for f in functions}


def test_a_batch_without_rows_moves_the_watermark() -> None:
    engine = SlidingWindows(plan_of(COUNT))
    assert engine.add(plain([]), 5_000)["N"].tolist() == []
    assert engine.watermark == 5_000
    with pytest.raises(LateRowsError):
        engine.add(plain([5_000]), 6_000)


def test_late_rows_are_refused() -> None:
    engine = SlidingWindows(plan_of(COUNT))
    engine.add(plain([1_000]), 5_000)
    with pytest.raises(LateRowsError, match=r"key 'CARD': expected rows later than the watermark 5000, got 2 at or"):
        engine.add(plain([5_001, 4_000, 5_000]), 6_000)
    # Nothing of a refused batch is kept.
    assert engine.add(plain([5_001]), 6_000)["N"].tolist() == [1.0]


def test_rows_ahead_of_the_watermark_are_refused() -> None:
    engine = SlidingWindows(plan_of(COUNT))
    with pytest.raises(ValueError, match="expected rows up to the watermark 6000, got one at 6001"):
        engine.add(plain([5_000, 6_001]), 6_000)


def test_the_last_watermark_is_the_time_of_the_newest_row() -> None:
    """A job that is drained and started again goes on where its rows ended."""
    engine = SlidingWindows(plan_of(COUNT))
    engine.add(plain([1_000, 7_000]), LAST_WATERMARK)
    assert engine.watermark == 7_000
    assert engine.add(plain([7_500]), LAST_WATERMARK)["N"].tolist() == [2.0]
    engine.add(plain([]), LAST_WATERMARK)
    assert engine.watermark == 7_500


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (plain([1]), "expected 'SIZE' as float64, 1 rows, got no such column"),
        (Rows(np.array([1]), Column(np.array([1.0])), {}), "expected 'CARD' as int64, 1 rows, got float64, 1 rows"),
        (
            Rows(np.array([1]), Column(np.array([1])), {"SIZE": Column(np.array([1, 2]))}),
            "expected 'SIZE' as float64, 1 rows, got int64, 2 rows",
        ),
        (
            Rows(np.array([1]), Column(np.array([1])), {"SIZE": Column(np.array([1.0]))}),
            "expected the 1 rows that pass filter \"KIND = 'a'\", got none",
        ),
    ],
    ids=["missing", "key of another type", "another length", "no filter"],
)
def test_rows_that_do_not_suit_the_plan_are_refused(rows: Rows, text: str) -> None:
    engine = SlidingWindows(plan_of(WindowSpec("S", "sum", "SIZE", "CARD", 2, 0, "KIND = 'a'")))
    with pytest.raises(ValueError, match=text):
        engine.add(rows, 5)


@pytest.mark.parametrize("key_kind", ["integer", "text"])
def test_keys_that_are_freed_whenever_possible_change_nothing(monkeypatch: pytest.MonkeyPatch, key_kind: Kind) -> None:
    """Keys and values come, stay away for longer than a window, or for less, and come again."""
    monkeypatch.setattr("state.sliding.engine._FEW_KEYS", 0)
    monkeypatch.setattr("state.sliding.aggregates.distinct._FEW_PAIRS", 0)
    monkeypatch.setattr("state.sliding.log._LEAST_CAPACITY", 4)
    chance = random.Random(5)
    history = []
    for place in range(250):
        texts = ("a", str(place // 40), str(place // 50))
        key = chance.choice((place // 30, place // 30 + 7, chance.randrange(40)))
        values = (chance.randrange(4), float(chance.randrange(4)), chance.randrange(400) / 100, chance.choice(texts))
        history.append(Row(200 * place, str(key) if key_kind == "text" else key, *values))
    assert_equal_to_brute_force(history, range(0, 50_000, 900), key_kind, every_spec(2))


@pytest.mark.parametrize("key_kind", ["integer", "text"])
def test_dead_keys_are_freed_and_may_come_back(key_kind: Kind) -> None:
    specs = [spec for spec in every_spec(2) if spec.source != "BOOKED"]
    engine = SlidingWindows(plan_of(*specs, key_kind=key_kind))
    history = []
    for generation in range(8):
        keys = [*range(1000 * generation, 1000 * generation + 1000), -1]
        came = [Row(1_500 * generation, str(key) if key_kind == "text" else key, SIZE=float(key)) for key in keys]
        history += came
        columns = engine.add(rows_of(came, key_kind), 1_500 * generation)
    # Two generations are in a window; twice as many may be waiting to be freed.
    assert engine.row_count <= 2 * 1001
    assert engine.key_count <= 4 * 1001 + 1
    seen = [row for row in history if row.key == history[-1].key]
    for spec in specs:
        assert columns[spec.name][-1:].tolist() == pytest.approx(expected(seen, spec)[-1:], nan_ok=True), spec.name


def test_keys_are_freed_when_no_new_ones_come() -> None:
    engine = SlidingWindows(plan_of(COUNT))
    engine.add(plain([0] * 5000, list(range(5000))), 0)
    assert engine.key_count == 5001
    engine.add(plain([10_000], [3]), 10_000)
    assert (engine.row_count, engine.key_count) == (1, 2)


def test_more_keys_than_fit_in_22_bits() -> None:
    engine = SlidingWindows(plan_of(COUNT))
    keys = np.arange(2**22 + 10_000)
    engine.add(Rows(keys // 8192, Column(keys)), 1_000)
    assert engine.key_count == len(keys) + 1
    again = keys[::1000]
    found = engine.add(Rows(np.full(len(again), 1_500), Column(again)), 2_000)
    assert found["N"].tolist() == [2.0] * len(again)


def test_time_does_not_matter_where_it_begins() -> None:
    history = [Row(500 * place % 7_000, place % 3, SIZE=0.1 * place, ITEMS=place) for place in range(40)]
    plan = plan_of(*every_spec(2))
    # A whole number of windows, as only extremes have blocks; and one that is none.
    for offset in (1_522_540_800_000, -77_777_777):
        now, then = answers(plan, history, [3_000]), answers(plan, moved(history, offset), [3_000 + offset])
        for spec in plan.specs:
            if spec.function != "previous_time":
                assert now[spec.name].tobytes() == then[spec.name].tobytes(), spec.name
