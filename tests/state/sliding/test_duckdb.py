"""The engine against DuckDB's windows over a RANGE, on random histories in batches of any size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.window_sql import WindowSpec
from tests.state.sliding.histories import HISTORIES, WATERMARKS
from tests.state.sliding.oracle import Row, every_spec, plan_of
from tests.state.sliding.stage import answers

SPECS = [spec for spec in (*every_spec(2), *every_spec(5, delay_s=3)) if spec.source != "BOOKED"]
COLUMNS = "id BIGINT, moment BIGINT, card BIGINT, items BIGINT, size DOUBLE, price DOUBLE, kind VARCHAR"
# Java cuts a double that is too large for a BIGINT.
CUT = f"greatest(least(floor(price * 100 + 0.5)::HUGEINT, {2**63 - 1}), {-(2**63)})"
WHOLE = {"ITEMS": "items::HUGEINT", "PRICE": f"CASE WHEN price IS NOT NULL THEN {CUT} END"}
UNIT = {"PRICE": 100.0}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute(f"CREATE TABLE events ({COLUMNS})")
        yield connection


def ask(database: duckdb.DuckDBPyConnection, specs: Sequence[WindowSpec]) -> dict[str, np.ndarray]:
    """Return DuckDB's answers to specs, in the order of the rows."""
    largest = {
        column: f"MAX({spec.source}) {chosen(spec)} OVER (PARTITION BY card, moment) AS {column}"
        for spec in SPECS
        if spec.function == "last"
        for column in [largest_of(spec)]
    }
    peers = "COUNT(*) OVER (PARTITION BY card, moment) AS peers"
    questions = ", ".join(f"{question(spec)}, {counted(spec)}" for spec in specs)
    source = f"SELECT *, {peers}, {', '.join(largest.values())} FROM events"
    found = database.execute(f"SELECT {questions} FROM ({source}) ORDER BY id").fetchall()
    columns = list(zip(*found, strict=True))
    return {
        spec.name: np.array([answer(spec, *pair) for pair in zip(*columns[2 * n : 2 * n + 2], strict=True)])
        for n, spec in enumerate(specs)
    }


def largest_of(spec: WindowSpec) -> str:
    return f"largest_{spec.source}_{'chosen' if spec.filter else 'all'}"


def chosen(spec: WindowSpec) -> str:
    return "FILTER (WHERE kind = 'a')" if spec.filter else ""


def frame(spec: WindowSpec) -> str:
    end = f"{1000 * spec.delay_s} PRECEDING" if spec.delay_s else "CURRENT ROW"
    start = 1000 * (spec.window_s + spec.delay_s) - 1
    return f"OVER (PARTITION BY card ORDER BY moment RANGE BETWEEN {start} PRECEDING AND {end})"


def counted(spec: WindowSpec) -> str:
    return f"COUNT({'*' if spec.source in (None, 'AT') else spec.source}) {chosen(spec)} {frame(spec)}"


def question(spec: WindowSpec) -> str:
    match spec.function:
        case "count" | "rate":
            return counted(spec)
        case "distinct":
            return f"COUNT(DISTINCT {spec.source}) {chosen(spec)} {frame(spec)}"
        case "sum" | "avg":
            return f"SUM({WHOLE.get(spec.source or '', spec.source)}) {chosen(spec)} {frame(spec)}"
        case "stddev":
            summand = WHOLE.get(spec.source or "", spec.source)
            return f"STDDEV_SAMP(({summand})::DOUBLE) {chosen(spec)} {frame(spec)}"
        case "min" | "max":
            return f"{spec.function}({spec.source}) {chosen(spec)} {frame(spec)}"
        case "last":
            return f"LAST_VALUE({largest_of(spec)} IGNORE NULLS) {frame(spec)}"
    before = frame(spec).replace("CURRENT ROW", "1 PRECEDING")
    return f"CASE WHEN peers > 1 THEN moment ELSE MAX(moment) {before} END"


def answer(spec: WindowSpec, found: float | None, count: int) -> float:
    if found is None:
        return math.nan
    if spec.function in ("sum", "avg"):
        if spec.source in WHOLE:
            found = float(found) / UNIT.get(spec.source, 1.0)
        return found / count if spec.function == "avg" else found
    if spec.function == "stddev":
        return found / UNIT.get(spec.source or "", 1.0)
    return found / spec.window_s if spec.function == "rate" else float(found)


def load(database: duckdb.DuckDBPyConnection, history: list[Row]) -> None:
    database.execute("DELETE FROM events")
    rows = [[i, row.time, row.key, row.ITEMS, row.SIZE, row.PRICE, row.KIND] for i, row in enumerate(history)]
    database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def tame(row: Row) -> Row:
    """A row whose sizes DuckDB adds up to nine digits, and in which there is no -0.0, which it takes for 0.0."""
    size = None if row.SIZE is None else float(np.clip(np.nan_to_num(row.SIZE), 0.0, 1e3)) + 0.0
    price = None if row.PRICE is None else float(np.clip(row.PRICE, -1e4, 1e4)) + 0.0
    items = None if row.ITEMS is None else max(-(2**20), min(2**20, row.ITEMS))
    return Row(row.time, row.key, items, size, price, row.KIND, row.BOOKED)


def is_exact(spec: WindowSpec) -> bool:
    return spec.function != "stddev" and (spec.source != "SIZE" or spec.function not in ("sum", "avg"))


@given(history=HISTORIES, watermarks=WATERMARKS, is_tame=st.booleans())
@settings(max_examples=30, deadline=None)
def test_every_function_equals_duckdb(
    database: duckdb.DuckDBPyConnection, history: list[Row], watermarks: list[int], is_tame: bool
) -> None:
    if is_tame:
        history = list(map(tame, history))
    load(database, history)
    specs = SPECS if is_tame else [spec for spec in SPECS if is_exact(spec) and spec.function != "distinct"]
    found, wanted = answers(plan_of(*specs), history, watermarks), ask(database, specs)
    for spec in specs:
        if is_exact(spec):
            np.testing.assert_array_equal(found[spec.name], wanted[spec.name], err_msg=spec.name)
        else:
            np.testing.assert_allclose(found[spec.name], wanted[spec.name], rtol=1e-9, atol=1e-3, err_msg=spec.name)
