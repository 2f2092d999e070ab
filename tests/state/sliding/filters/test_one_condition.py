"""A filter is one condition, and no way into the query around it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from state.sliding.filters.one_condition import LONGEST, stray_part

CONDITIONS = [
    "amount > 10 AND NOT kind IN ('a', 'b''c')",
    "CASE WHEN a = 1 THEN b ELSE c END = 2",
    "CAST(a AS INT) = EXTRACT(HOUR FROM `at`) OR `group` LIKE '%--;%' ESCAPE '!'",
    "MOD(TERMINAL_ID, 2) = 0",
    "COALESCE(a, 1e3) BETWEEN -.5 AND a.b * 2 % 3",
    "a IS NOT distinct  from b",
    "name || 'x' <> 'select' AND a != 1",
]
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
    ("a \x00", "'\\x00'"),
    ("  ", "an empty text"),
    ("(" * 51 + "a" + ")" * 51, "more than 50 levels"),
    ("(" * 9_999 + "a", "more than 50 levels"),
    ("a" * (LONGEST + 1), "10001 characters, of at most 10000"),
]


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_are_taken(text: str) -> None:
    assert stray_part(text) == ""


@pytest.mark.parametrize(("text", "stray"), STRAYS, ids=[text[:24] for text, _ in STRAYS])
def test_what_is_no_single_condition_is_named(text: str, stray: str) -> None:
    assert stray_part(text) == stray


@given(st.text(max_size=40))
@example("a" * 30 + "'" * 9)
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(stray_part(text), str)
