"""Late rows enter windows: each row has the answer over all rows that have come by then, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.sliding.engine import LAST_WATERMARK, SlidingWindows
from state.sliding.errors import LateRowsError
from state.sliding.late.amendable import AmendableWindows
from state.sliding.late.kept_rows import KeptRows, KeySet
from state.sliding.plan import Kind
from state.window_sql import WindowSpec
from tests.state.sliding.histories import DOUBLE_KEYS, INTEGER_KEYS, TEXT_KEYS, WATERMARKS, rows
from tests.state.sliding.oracle import Row, Value, every_spec, expected, plan_of, rows_of

SPECS = every_spec(5, delay_s=3)
COUNT = WindowSpec("n", "count", None, "CARD", 10)
ANY_LATENESS = 10**9


def arrivals(history: list[Row], turns: list[int], watermarks: list[int]) -> list[tuple[list[int], int]]:
    """Places of the rows of each batch: a row comes at its turn, and waits until a watermark covers it."""
    steps = sorted({*watermarks, max(row.time for row in history)})
    batches: list[list[int]] = [[] for _ in steps]
    for place, (row, turn) in enumerate(zip(history, turns, strict=True)):
        first = next(number for number, watermark in enumerate(steps) if watermark >= row.time)
        batches[max(first, turn % len(steps))].append(place)
    return list(zip(batches, steps, strict=True))


def plain(values: np.ndarray) -> bytes:
    """Return the bits of doubles; all NaN are one."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


@pytest.mark.parametrize(
    ("keys", "kind"),
    [(INTEGER_KEYS, "integer"), (TEXT_KEYS, "text"), (DOUBLE_KEYS, "double")],
    ids=["integers", "texts", "doubles"],
)
def test_every_row_sees_all_rows_that_have_come(keys: st.SearchStrategy[Value], kind: Kind) -> None:
    plan = plan_of(*SPECS, key_kind=kind)
    histories = st.lists(st.tuples(rows(keys), st.integers(0, 6)), min_size=1, max_size=25)

    @given(histories, WATERMARKS, st.integers(0, 6))
    @settings(max_examples=40, deadline=None)
    def check(drawn: list[tuple[Row, int]], watermarks: list[int], restored: int) -> None:
        history = [row for row, _ in drawn]
        windows = AmendableWindows(plan, ANY_LATENESS)
        seen: list[int] = []
        for number, (places, watermark) in enumerate(arrivals(history, [turn for _, turn in drawn], watermarks)):
            if number == restored:
                windows = AmendableWindows(plan, ANY_LATENESS)
                windows.restore([rows_of([history[place] for place in seen], kind)] if seen else [])
            found = windows.add(rows_of([history[place] for place in places], kind), watermark)
            seen += places
            wanted = {spec.name: expected([history[place] for place in seen], spec) for spec in SPECS}
            for name, values in wanted.items():
                came = np.array(values[len(seen) - len(places) :])
                assert plain(found[name]) == plain(came), (name, found[name], came)
        assert windows.watermark == max(*watermarks, *(row.time for row in history), -(2**62))

    check()


def test_many_late_rows_over_a_long_time_keep_few_engines_and_few_rows() -> None:
    plan, random = plan_of(COUNT), np.random.default_rng(3)
    windows, history = AmendableWindows(plan, 60_000), []
    for step in range(1, 400):
        now = 1_000 * step
        batch = [Row(now - int(random.integers(0, 900)), int(random.integers(0, 40))) for _ in range(5)]
        batch += [Row(max(now - int(random.integers(1_000, 50_000)), 1), int(random.integers(0, 40)))]
        history += batch
        found = windows.add(rows_of(batch), now)["n"]
        wanted = [
            sum(other.key == row.key and row.time - 10_000 < other.time <= row.time for other in history)
            for row in batch
        ]
        assert found.tolist() == wanted
    assert len(windows._parts) <= 12
    # Ten seconds of the window and a minute of lateness hold 420 rows.
    assert len(windows._kept) <= 3 * 420


def test_row_beyond_the_allowance_is_refused_and_nothing_changes() -> None:
    windows = AmendableWindows(plan_of(COUNT), 5_000)
    windows.add(rows_of([Row(9_000), Row(10_000)]), 10_000)
    with pytest.raises(LateRowsError, match=r"expected rows later than the watermark 5000, got 1 at or before it"):
        windows.add(rows_of([Row(5_000), Row(11_000)]), 12_000)
    found = windows.add(rows_of([Row(5_001), Row(11_000)]), 12_000)
    assert found["n"].tolist() == [1, 4]


def test_end_of_the_input_comes_to_the_newest_row() -> None:
    windows = AmendableWindows(plan_of(COUNT), 5_000)
    windows.add(rows_of([Row(10_000)]), 10_000)
    assert windows.add(rows_of([Row(9_000), Row(12_000)]), LAST_WATERMARK)["n"].tolist() == [1, 3]
    assert windows.watermark == 12_000


def test_without_late_rows_answers_are_those_of_one_engine() -> None:
    plan = plan_of(*SPECS)
    history = [Row(500 * place, place % 3, place, place / 7, place / 100) for place in range(40)]
    steady, windows = SlidingWindows(plan), AmendableWindows(plan, 1_000)
    for begin in range(0, 40, 8):
        batch = rows_of(history[begin : begin + 8])
        watermark = 500 * (begin + 8) - 1
        wanted, found = steady.add(batch, watermark), windows.add(batch, watermark)
        assert all(found[name].tobytes() == values.tobytes() for name, values in wanted.items())


def test_rows_of_texts_that_share_a_hash_stay_apart() -> None:
    # The CRC-32 of both is 0x4DDB0C25.
    plan, kept = plan_of(COUNT, key_kind="text"), KeptRows(plan_of(COUNT, key_kind="text"))
    kept.add(rows_of([Row(1, "plumless"), Row(2, "buckeroo"), Row(3, None)], "text"))
    assert kept.of(KeySet.of(rows_of([Row(0, "plumless")], "text").key)).times.tolist() == [1]
    assert kept.of(KeySet.of(rows_of([Row(0, None)], "text").key)).times.tolist() == [3]
    assert len(plan.specs) == 1
