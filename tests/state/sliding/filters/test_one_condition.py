"""A filter is one condition, and no way into the query around it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from state.sliding.filters.one_condition import LONGEST, stray_part

FIELDS = ("amount", "kind", "a", "b", "c", "at", "group", "name", "TERMINAL_ID", "a`b", "Größe")
CONDITIONS = [
    "amount > 10 AND NOT kind IN ('a', 'b''c')",
    "CASE WHEN a = 1 THEN b ELSE c END = 2",
    "CAST(a AS INT) = EXTRACT(HOUR FROM `at`) OR `group` LIKE '%--;%' ESCAPE '!'",
    "MOD(TERMINAL_ID, 2) = 0",
    "COALESCE(a, 1e3) BETWEEN -.5 AND a.b * 2 % 3",
    "a IS NOT distinct  from b",
    "name || 'x' <> 'select' AND a != 1",
    "((a > 1))",
    "TRUE",
    "(NOT (a = 1)) IS NOT TRUE",
    "REGEXP(name, '^x')",
    "(cat.db.is_odd(a))",
    "`is_odd`(a)",
    "CASE WHEN a = 1 THEN TRUE ELSE b > 2 END",
    "a IN (1, 2) OR name LIKE '%x'",
    "`a``b` = 1 AND Größe > 0",
    "TRIM(BOTH 'x' FROM name) = '' AND CAST(a AS DECIMAL(10, 2)) > 0 AND CAST(a AS TIMESTAMP WITH LOCAL TIME ZONE) > b",
    "TO_TIMESTAMP_LTZ(`at`, 3) > current_timestamp - INTERVAL '1' DAY",
    "TIMESTAMPADD(HOUR, 1, TO_TIMESTAMP_LTZ(`at`, 3)) > TIMESTAMP '2020-01-01 00:00:00'",
    "JSON_VALUE(name, '$.x' RETURNING BOOLEAN NULL ON EMPTY DEFAULT FALSE ON ERROR)",
    "OVERLAY(name PLACING 'x' FROM 1 FOR 2) SIMILAR TO 'a+'",
    "CEIL(CAST(`at` AS TIMESTAMP) TO HOUR) = x'00'",
    "name IS JSON OBJECT",
    "a > 2147483647 AND b < 3600 * 1000 AND c < 2147483648 * 10 AND a * 1000 * 1000 * 10000 > 1",
    "a > 1000 * 1000 * 1e4",
]
VALUE = "a value alone: compare it, as in amount > 0"
STRAYS = [
    ("a > 1 -- b", "a comment, '--'"),
    ("a > 1 /*+ hint */", "a comment, '/*'"),
    ("a > 1; DROP TABLE t", "'; DROP TAB'"),
    ("a IN (SELECT 1)", "'SELECT', which begins a part of a query"),
    ("exists(select 1)", "'exists', which begins a part of a query"),
    ("sum(a) over (order by b) > 1", "'over', which begins a part of a query"),
    ("TRUE THEN 1 WHEN FALSE", "'THEN' without its CASE"),
    ("TRUE END, CASE WHEN TRUE", "'END' without its beginning"),
    ("TRUE) OR (FALSE", "')' without its beginning"),
    ("CASE WHEN (a END) THEN b", "'END' without its beginning"),
    ("(a", "'(' without its end"),
    ("CASE WHEN a THEN b", "'CASE' without its end"),
    ("a, b", "',' outside of parentheses"),
    ("a AS b", "'AS' outside of parentheses"),
    ("1 FROM t", "'FROM' outside of parentheses"),
    ("`__line` IS NULL", "'`__line`', which is no event field"),
    ("__line IS NULL", "'__line', which is no event field"),
    ("'a", '"\'a"'),
    ("amont > 10", "'amont', which is no event field; nearest valid name 'amount'"),
    ("ABS(`zzz`) > 10", "'`zzz`', which is no event field"),
    ("A > 1", "'A', which is no event field; nearest valid name 'a'"),
    *((text, VALUE) for text in ("a", "((a))", "1", "'x'", "a + 1", "ABS(a) - 1", "-(a)", "name || 'x'")),
    ("(a = 1) + (b = 2)", VALUE),
    ("ABS(a) > 30 * 86400 * 1000", "'30 * 86400 * 1000', of which SQL keeps 32 bits: write the result"),
    ("a > 65536 * 32768", "'65536 * 32768', of which SQL keeps 32 bits: write the result"),
    ("a \x00", "'\\x00'"),
    ("  ", "an empty text"),
    ("(" * 51 + "a" + ")" * 51, "more than 50 levels"),
    ("(" * 9_999 + "a", "more than 50 levels"),
    ("a" * (LONGEST + 1), "10001 characters, of at most 10000"),
]


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_are_taken(text: str) -> None:
    assert stray_part(text, FIELDS) == ""


@pytest.mark.parametrize(("text", "stray"), STRAYS, ids=[text[:24] for text, _ in STRAYS])
def test_what_is_no_single_condition_is_named(text: str, stray: str) -> None:
    assert stray_part(text, FIELDS) == stray


@given(st.text(max_size=40))
@example("a" * 30 + "'" * 9)
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(stray_part(text, FIELDS), str)
