from __future__ import annotations

import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts.outcomes import Outcomes, in_order
from tests.state.verdicts.made import COLUMNS, Row, any_outcomes, cut, few_rows, outcomes

ROW: Row = (7, 10, 1, (0.5,), 0.25, 1.0)


@given(any_outcomes())
def test_bytes_bring_back_every_row(given_rows: Outcomes) -> None:
    found = Outcomes.from_bytes(given_rows.to_bytes())
    assert (found.experiment, found.step, found.shares) == (given_rows.experiment, given_rows.step, given_rows.shares)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(given_rows, name), strict=True)


def test_bytes_are_the_same_whatever_the_order_of_bytes_in_memory() -> None:
    made = outcomes([ROW])
    turned = Outcomes(
        made.experiment, made.step, made.shares, made.points.astype(">u8"), made.times, made.arms, *parts_of(made)
    )
    assert turned.to_bytes() == made.to_bytes()


def parts_of(made: Outcomes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return made.values.astype(">f8"), made.scores, made.labels


def test_another_version_is_refused() -> None:
    data = outcomes([ROW]).to_bytes().replace(b'"version":2', b'"version":3', 1)
    text = "outcomes: expected format 2, got 3; read them with their own release"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Outcomes.from_bytes(data)


def test_take_keeps_what_the_rows_share() -> None:
    taken = outcomes([ROW, (8, 11, 0, (0.25,), 0.5, 0.0)], step=3).take(np.array([1]))
    assert (taken.experiment, taken.step, len(taken)) == ("test", 3, 1)
    assert [getattr(taken, name).tolist() for name in COLUMNS] == [[8], [11], [0], [[0.25]], [0.5], [0.0]]


@given(few_rows(1, last_ms=1), st.lists(st.integers(0, 30), max_size=4), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_parts(rows: list[Row], places: list[int], dice: random.Random) -> None:
    shuffled = dice.sample(rows, len(rows))
    whole = in_order([outcomes(rows)])
    parts = in_order([outcomes(part) for part in cut(shuffled, places) or [[]]])
    assert [each.to_bytes() for each in parts] == [each.to_bytes() for each in whole]


def test_rows_that_differ_in_their_variant_alone_have_an_order() -> None:
    rows = [ROW, (*ROW[:2], 0, *ROW[3:]), (*ROW[:5], 0.0)]
    (found,), (turned,) = in_order([outcomes(rows)]), in_order([outcomes(rows[::-1])])
    assert found.to_bytes() == turned.to_bytes()


def test_rows_come_by_step_then_time_then_unit() -> None:
    rows = [(2, 5, 0, (1.0,), 0.5, 0.0), (1, 5, 0, (1.0,), 0.5, 0.0), (9, 4, 0, (1.0,), 0.5, 0.0)]
    found = in_order([outcomes(rows, step=1), outcomes([ROW]), outcomes(rows[:1], step=1)])
    assert [(each.step, each.times.tolist(), each.points.tolist()) for each in found] == [
        (0, [10], [7]),
        (1, [4, 5, 5, 5], [9, 1, 2, 2]),
    ]
