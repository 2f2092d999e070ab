from __future__ import annotations

import pytest

from state.sliding.functions import FUNCTIONS
from state.sliding.plan import Selection, SlidingPlan, plans_by_key
from state.window_sql import FUNCTIONS as SQL_FUNCTIONS
from state.window_sql import WindowSpec
from tests.state.sliding.oracle import plan_of


def test_every_function_of_sql_is_there() -> None:
    assert set(FUNCTIONS) == set(SQL_FUNCTIONS)


def test_columns_and_filters_are_asked_for_once() -> None:
    plan = plan_of(
        WindowSpec("A", "sum", "SIZE", "CARD", 5, 0, "SIZE > 1"),
        WindowSpec("B", "max", "SIZE", "CARD", 9, 0, "SIZE > 1"),
        WindowSpec("C", "previous_time", "AT", "CARD", 30),
        WindowSpec("D", "distinct", "KIND", "CARD", 7),
    )
    assert plan.sources == ("SIZE", "KIND")
    assert plan.filters == ("SIZE > 1",)
    assert plan.offsets_ms == (5_000, 7_000, 9_000)
    assert plan.horizon_ms == 30_000
    assert plan.distinct == {Selection("KIND", None): (7_000,)}
    assert plan.previous == (None,)


def test_a_delay_is_one_more_offset_and_reaches_further_back() -> None:
    plan = plan_of(WindowSpec("A", "count", None, "CARD", 5, 3), WindowSpec("B", "count", None, "CARD", 3))
    assert plan.offsets_ms == (3_000, 8_000)
    assert plan.horizon_ms == 8_000


def test_another_time_field_is_a_source() -> None:
    plan = plan_of(WindowSpec("A", "previous_time", "BOOKED", "CARD", 5))
    assert plan.sources == plan.previous == ("BOOKED",)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (WindowSpec("X", "count", None, "SHOP", 5), "window 'X': expected key 'CARD', got 'SHOP'"),
        (WindowSpec("X", "sum", "NONE", "CARD", 5), "expected the type of field 'NONE', got none"),
        (WindowSpec("X", "max", "KIND", "CARD", 5), "expected a number to take the max of, got text 'KIND'"),
        (WindowSpec("X", "max", "SIZE", "CARD", 5, 7), "expected no delay for max, got 7 s"),
    ],
)
def test_what_cannot_be_computed_is_refused(spec: WindowSpec, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        plan_of(spec)


def test_each_key_has_a_plan_in_the_order_of_the_specs() -> None:
    specs = [WindowSpec(f"{key}{n}", "sum", "A", key, n) for n in (1, 2) for key in ("SHOP", "CARD")]
    columns = (("CARD", "STRING"), ("SHOP", "BIGINT"), ("A", "DOUBLE"), ("AT", "BIGINT"))
    shop, card = plans_by_key(specs, columns, time="AT", scales={"A": 2})
    assert (shop.key, [spec.name for spec in shop.specs]) == ("SHOP", ["SHOP1", "SHOP2"])
    assert (card.key, [spec.name for spec in card.specs]) == ("CARD", ["CARD1", "CARD2"])
    assert (card.is_text("CARD"), card.is_integer("SHOP"), card.scale("A"), card.scale("SHOP")) == (True, True, 2, 0)


def test_a_plan_without_windows_is_refused() -> None:
    with pytest.raises(ValueError, match="windows of key 'CARD': expected at least one, got none"):
        SlidingPlan((), "CARD", "AT", {"CARD": "integer"})
