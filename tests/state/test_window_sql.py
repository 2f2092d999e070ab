from __future__ import annotations

import pytest

from state.window_sql import FUNCTIONS, Stage, WindowPlan, WindowSpec, over_clause, plan_windows
from udfs.features.transforms.aggregation import FUNCTIONS as AGGREGATIONS

DAY_S = 86_400
SCALES = {"AMOUNT": 2, "ITEMS": 0, "SIZE": None}


def plan_of(*specs: WindowSpec) -> WindowPlan:
    return plan_windows(specs, scales=SCALES)


def sql_of(*specs: WindowSpec) -> str:
    return plan_of(*specs).sql(source="events", time="t", columns=["ID"])


def expression_of(spec: WindowSpec) -> str:
    ((name, expression),) = plan_of(spec).outputs
    assert name == spec.name
    return expression


def aggregates_of(*specs: WindowSpec) -> list[str]:
    return [expression for stage in plan_of(*specs).stages for _, expression in stage.columns]


@pytest.mark.parametrize(
    ("window_s", "span"),
    [
        (1, "'0 00:00:00.999'"),
        (DAY_S, "'0 23:59:59.999'"),
        (30 * DAY_S, "'29 23:59:59.999'"),
        (0, "'0 00:00:00.000'"),
    ],
    ids=["second", "day", "month", "instant"],
)
def test_window_leaves_its_far_end_out(window_s: int, span: str) -> None:
    clause = over_clause(Stage("k", window_s, ()), "t")
    assert clause.startswith("(PARTITION BY `k` ORDER BY `t` RANGE BETWEEN INTERVAL " + span)
    assert clause.endswith(" PRECEDING AND CURRENT ROW)")


def test_stage_without_a_window_looks_at_all_rows_so_far() -> None:
    assert over_clause(Stage("k", None, ()), "t") == "(PARTITION BY `k` ORDER BY `t`)"


def test_every_aggregation_has_a_window_function() -> None:
    assert set(AGGREGATIONS) <= set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_gives_one_double(function: str) -> None:
    spec = WindowSpec("X", function, "AMOUNT", "k", 60)
    plan = plan_of(spec)
    assert [name for name, _ in plan.outputs] == ["X"]
    assert "DOUBLE" in plan.outputs[0][1]
    assert plan.stages


def test_no_specs_need_no_stage() -> None:
    assert sql_of() == "SELECT `ID` FROM (SELECT * FROM `events`)"


def test_equal_aggregates_are_computed_once() -> None:
    specs = [WindowSpec(name, "avg", "AMOUNT", "k", 60) for name in ("A", "B")]
    assert aggregates_of(*specs) == aggregates_of(specs[0])


def test_windows_of_one_length_share_a_stage() -> None:
    plan = plan_of(WindowSpec("A", "sum", "SIZE", "k", 60), WindowSpec("B", "max", "SIZE", "k", 60))
    assert [(stage.key, stage.window_s) for stage in plan.stages] == [("k", 60)]


def test_windows_of_one_key_are_neighbours() -> None:
    specs = [WindowSpec(f"{key}{w}", "count", None, key, w) for w in (10, 20, 30) for key in ("a", "b")]
    assert [stage.key for stage in plan_of(*specs).stages] == ["a", "a", "a", "b", "b", "b"]


def test_outputs_keep_the_order_of_the_specs() -> None:
    specs = [WindowSpec(f"{key}{w}", "count", None, key, w) for w in (10, 20) for key in ("a", "b")]
    assert [name for name, _ in plan_of(*specs).outputs] == ["a10", "b10", "a20", "b20"]
    assert sql_of(*specs).startswith("SELECT `ID`, CAST(")


def test_columns_of_a_stage_come_before_those_it_passes_on() -> None:
    """A SELECT that kept the order would vanish from Flink's plan, and with it the names it gives."""
    sql = sql_of(*(WindowSpec(f"c{w}", "count", None, "k", w) for w in (10, 20, 30)))
    selects = sql.split("SELECT ")[2:]
    assert [select.startswith("COUNT(*) OVER (") for select in selects] == [True, True, True, False]
    assert all("_0`, * FROM (" in select for select in selects[:3])


def test_delayed_count_is_what_the_longer_window_has_more() -> None:
    spec = WindowSpec("X", "count", None, "k", 7 * DAY_S, delay_s=3 * DAY_S)
    assert [stage.window_s for stage in plan_of(spec).stages] == [10 * DAY_S, 3 * DAY_S]
    assert expression_of(spec) == "CAST((`__w0_0` - COALESCE(`__w1_0`, 0)) AS DOUBLE)"


@pytest.mark.parametrize(
    ("source", "summand"),
    [
        ("SIZE", "SUM(`SIZE`)"),
        ("ITEMS", "SUM(CAST(`ITEMS` AS BIGINT))"),
        ("AMOUNT", "SUM(CAST(FLOOR(`AMOUNT` * 100 + 0.5) AS BIGINT))"),
        ("UNKNOWN", "SUM(`UNKNOWN`)"),
    ],
)
def test_sums_of_whole_numbers_and_decimals_are_exact(source: str, summand: str) -> None:
    assert summand in aggregates_of(WindowSpec("X", "sum", source, "k", 60))


def test_filter_leaves_rows_out_of_every_aggregate() -> None:
    specs = [WindowSpec(f, f, "SIZE", "k", 60, filter="KIND = 'x'") for f in FUNCTIONS if f != "previous_time"]
    aggregates = [text for text in aggregates_of(*specs) if "LAST_VALUE" not in text]
    assert aggregates
    assert all("CASE WHEN KIND = 'x' THEN `SIZE` END" in text for text in aggregates)


def test_filtered_count_without_a_source_counts_the_rows_that_pass() -> None:
    (aggregate,) = aggregates_of(WindowSpec("X", "count", None, "k", 60, filter="A > 1"))
    assert aggregate == "COUNT(CASE WHEN A > 1 THEN 1 END)"


@pytest.mark.parametrize("function", ["sum", "avg", "min", "max", "stddev", "last"])
def test_empty_window_gives_the_value_asked_for(function: str) -> None:
    assert expression_of(WindowSpec("X", function, "SIZE", "k", 60, empty=-1.5)).endswith(
        " ELSE CAST(-1.5 AS DOUBLE) END"
    )
    assert " ELSE " not in expression_of(WindowSpec("X", function, "SIZE", "k", 60))


def test_deviation_needs_two_rows() -> None:
    assert ">= 2 THEN" in expression_of(WindowSpec("X", "stddev", "SIZE", "k", 60))


def test_rate_is_a_count_by_seconds() -> None:
    assert expression_of(WindowSpec("X", "rate", None, "k", 90)) == "CAST(`__w0_0` AS DOUBLE) / 90"


def test_last_reads_what_an_earlier_stage_made_of_each_instant() -> None:
    """Whatever else asks for windows first, the stage it reads is below it."""
    plan = plan_of(WindowSpec("C", "count", None, "k", 60), WindowSpec("L", "last", "SIZE", "k", 60))
    assert [stage.window_s for stage in plan.stages] == [0, 60]
    ((alias, largest),) = plan.stages[0].columns
    assert largest == "MAX(`SIZE`)"
    assert f"LAST_VALUE(`{alias}`)" in [text for _, text in plan.stages[1].columns]


def test_previous_time_is_forgotten_after_its_window() -> None:
    text = expression_of(WindowSpec("P", "previous_time", "T", "k", 15))
    assert text == "CASE WHEN `T` - `__w0_0` < 15000 THEN CAST(`__w0_0` AS DOUBLE) END"
