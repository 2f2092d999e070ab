from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sql import definitions, identifier, interval, literal


@given(st.integers(0, 730 * 86_400_000))
def test_interval_says_its_milliseconds_within_the_precision_flink_takes(milliseconds: int) -> None:
    pattern = r"INTERVAL '(\d{1,3}) (\d\d):(\d\d):(\d\d)\.(\d{3})' DAY\(3\) TO SECOND\(3\)"
    match = re.fullmatch(pattern, interval(milliseconds))
    assert match is not None
    days, hours, minutes, seconds, millis = map(int, match.groups())
    assert hours < 24
    assert minutes < 60
    assert seconds < 60
    assert (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + millis == milliseconds


@pytest.mark.parametrize(("name", "quoted"), [("plain", "`plain`"), ("a`b", "`a``b`"), ("a b", "`a b`")])
def test_identifiers_are_quoted(name: str, quoted: str) -> None:
    assert identifier(name) == quoted


@pytest.mark.parametrize(("text", "quoted"), [("", "''"), ("plain", "'plain'"), ("it's", "'it''s'")])
def test_texts_are_quoted(text: str, quoted: str) -> None:
    assert literal(text) == quoted


def test_columns_are_defined_in_their_order() -> None:
    assert definitions((("b`c", "INT"), ("a", "ARRAY<DOUBLE>"))) == "`b``c` INT, `a` ARRAY<DOUBLE>"
