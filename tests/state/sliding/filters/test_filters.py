"""Filters against DuckDB on random conditions and rows, and by hand where the two dialects differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.sliding.filters.syntax import parse_filter
from state.sliding.filters.tokens import FilterError
from state.sliding.plan import Kind
from tests.state.sliding.oracle import column

KINDS: dict[str, Kind] = {"N": "integer", "M": "integer", "X": "double", "IS_NEW": "double", "T": "text", "end": "text"}
TEXTS = st.sampled_from(["", "a", "b", "ab", "it's", "ü", "a%"])
ROWS = st.fixed_dictionaries(
    {
        "N": st.integers(-3, 3) | st.none(),
        "M": st.integers(-3, 3) | st.none(),
        "X": st.sampled_from([-1.5, -0.0, 0.0, 1.0, 2.0, 2.5]) | st.none(),
        "IS_NEW": st.sampled_from([0.0, 1.0]) | st.none(),
        "T": TEXTS | st.none(),
        "end": TEXTS | st.none(),
    }
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


INTEGERS = st.sampled_from(["N", "M"]) | st.integers(-3, 3).map(str)
DOUBLES = st.sampled_from(["X", "IS_NEW", "1e0", "25e-1", "`X`"])
DECIMALS = st.sampled_from(["1.5", "-0.5", "2.0", ".5"])
STRINGS = st.sampled_from(["T", "`end`"]) | TEXTS.map(quoted)
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def joined(*parts: Any) -> st.SearchStrategy[str]:
    strategies = [part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts]
    return st.tuples(*strategies).map(" ".join)


SUMS = joined(INTEGERS, st.sampled_from(["+", "-", "*"]), INTEGERS) | joined("- (", INTEGERS, "+ 1 )")
REALS = joined(DOUBLES, st.sampled_from(["+", "-", "*"]), DOUBLES | INTEGERS | DECIMALS)
NUMBERS = INTEGERS | DOUBLES | SUMS | REALS
ATOMS = st.one_of(
    joined(NUMBERS, SIGNS, NUMBERS),
    joined(st.sampled_from(["N", "X"]), SIGNS, DECIMALS),
    joined(DECIMALS, SIGNS, st.sampled_from(["N", "X"])),
    joined(STRINGS, SIGNS, STRINGS),
    joined(st.sampled_from(["N", "X"]), SIGNS, "NULL"),
    joined("T", st.sampled_from(["IN", "not in"]), "(", STRINGS, ",", STRINGS | st.just("NULL"), ")"),
    joined("N IN (", INTEGERS, ",", INTEGERS, ")"),
    joined(NUMBERS, st.sampled_from(["BETWEEN", "NOT BETWEEN"]), NUMBERS, "AND", NUMBERS),
    joined("T", st.sampled_from(["LIKE", "NOT LIKE"]), st.sampled_from(["'a%'", "'_'", "'%b'", "'%''%'", "'.'"])),
    joined(NUMBERS | STRINGS, st.sampled_from(["IS NULL", "IS NOT NULL"])),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        joined(inner, st.sampled_from(["AND", "OR", "and"]), inner),
        joined("NOT", inner),
        joined("(", inner, ")"),
        joined("(", inner, ")", st.sampled_from(["IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS NULL"])),
    ),
    max_leaves=6,
)


def passes(text: str, rows: Sequence[dict[str, Any]]) -> list[bool]:
    columns = {name: column([row[name] for row in rows], kind) for name, kind in KINDS.items()}
    found = parse_filter(text, KINDS)
    return found.passes({name: columns[name] for name in found.fields}, len(rows)).tolist()


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute('CREATE TABLE e (id INT, N INT, M INT, X DOUBLE, IS_NEW DOUBLE, T VARCHAR, "end" VARCHAR)')
        yield connection


@given(text=CONDITIONS, rows=st.lists(ROWS, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_conditions_are_true_where_they_are_in_duckdb(
    database: duckdb.DuckDBPyConnection, text: str, rows: list[dict[str, Any]]
) -> None:
    database.execute("DELETE FROM e")
    values = [[place, *(row[name] for name in KINDS)] for place, row in enumerate(rows)]
    database.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    sql = text.replace("`", '"')
    found = database.execute(f"SELECT ({sql}) IS TRUE FROM e ORDER BY id").fetchall()
    assert passes(text, rows) == [is_true for (is_true,) in found]


ROW = {"N": 2**53 + 1, "M": 2**63 - 1, "X": 0.1, "IS_NEW": 1.0, "T": "A", "end": None}


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("M > 9223372036854775806", True),
        ("N > 9007199254740992.5", True),
        ("N < 9007199254740992.5", False),
        ("N = 9007199254740993.0", True),
        ("M < 9223372036854775808", True),
        ("M > 1e30", False),
        ("N IN (1, 9007199254740993.0)", True),
        ("X IN (1, 0.1, N)", True),
        ("M < 100000000000000000000000", True),
        ("M + 1 < 0", True),
        ("X = 0.1", True),
        ("X / 0 > 1", True),
        ("X + 0.2 = 0.3", False),
        ("IS_NEW = 1", True),
        ("T = 'a'", False),
        ("`end` > 'a' OR `end` <= 'a'", False),
        ("NOT `end` = 'a'", False),
        ("`end` IN ('a', NULL)", False),
        ("'a' < 'B'", False),
        ("'ｚ' < '😀'", True),
        ("1 = 1", True),
        ("NULL IS NULL", True),
        ("(N > 1) IS UNKNOWN", False),
        ("N=9007199254740993AND M>-1", True),
        ("NOT (X - X) / (X - X) > 1", False),
        ("((X - X) / 0e0 > 1) IS FALSE", False),
        ("(X - X) / 0e0 NOT BETWEEN 0 AND 1", False),
        ("(X - X) / 0e0 <> 1 AND NOT (X - X) / 0e0 = 1", True),
        ("'a\nb' LIKE '%a%b'", True),
        ("'a\nb' LIKE 'a_b'", False),
        ("'a\u2028' NOT LIKE 'a_'", True),
        ("'😀' LIKE '_'", True),
    ],
)
def test_values_are_compared_as_in_flink(text: str, is_true: bool) -> None:
    assert passes(text, [ROW, ROW]) == [is_true, is_true]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N", "expected a condition, got integer alone"),
        ("N > 1 AND X", "expected a condition, got double alone"),
        ("NOT 'a'", "expected a condition, got text alone"),
        ("N > 'a'", "expected values of one type to compare, got integer > text"),
        ("T + 1 > 0", "expected doubles, or integers without /, got text + integer"),
        ("N / 2 > 0", "expected doubles, or integers without /, got integer / integer"),
        ("N * 1.5 > 0", "expected doubles, or integers without /, got integer * decimal"),
        ("NONE > 1", "expected a field or a literal, got 'NONE'"),
        ("n > 1", "expected a field or a literal, got 'n'"),
        ("ABS(N) > 1", "expected a field or a literal, got 'ABS'"),
        ("N > 1 N", "expected AND, OR or the end, got 'N'"),
        ("N >", "expected a field or a literal, got its end"),
        ("(N > 1", "expected ), got its end"),
        ("N NOT 1", "expected IN, BETWEEN or LIKE after NOT, got '1'"),
        ("N IS 1", "expected NULL, TRUE, FALSE or UNKNOWN after IS, got '1'"),
        ("N BETWEEN 1 OR 2", "expected AND, got 'OR'"),
        ("T LIKE `end`", "expected a text field and a pattern without backslashes around LIKE, got 'end'"),
        (r"T LIKE '\%'", "expected a text field and a pattern without backslashes around LIKE"),
        ("N != 1", "expected a field, a literal or a sign, got '!= 1'"),
        ("T = 'a", 'expected a field, a literal or a sign, got "\'a"'),
        ("N > 1; DROP", "expected a field, a literal or a sign, got '; DROP'"),
        ("", "expected a field or a literal, got its end"),
        ("(N > 1) + 1 > 0", "expected a value, got a condition"),
        ("N IN (1, 2.50)", "expected integers after IN, as before it, got decimal"),
        ("N + 1 IN (1, X)", "expected integers after IN, as before it, got double"),
        ("'a' IN (T, `end`)", "expected a field before IN, got a literal"),
    ],
)
def test_what_filters_do_not_know_is_refused(text: str, expected: str) -> None:
    with pytest.raises(FilterError, match=re.escape(expected)):
        parse_filter(text, KINDS)


def test_a_refusal_says_what_is_known() -> None:
    with pytest.raises(FilterError, match=r"filter 'A': .* the numpy windows know comparisons, AND, OR, NOT"):
        parse_filter("A", {})


def test_a_filter_names_its_fields() -> None:
    assert parse_filter("X > 1 AND T IN ('X', `end`) OR (N + M IS NULL)", KINDS).fields == ("M", "N", "T", "X", "end")


def test_no_rows_pass_none() -> None:
    assert passes("N > 1 OR T LIKE 'a' OR `end` = 'a'", []) == []
