from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.types.durations import format_duration, parse_duration_ms


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [("50ms", 50), ("5s", 5_000), ("5m", 300_000), ("1h", 3_600_000), ("1d", 86_400_000), ("0s", 0)],
    ids=str,
)
def test_each_unit_becomes_milliseconds(text: str, duration_ms: int) -> None:
    assert parse_duration_ms(text) == duration_ms


@pytest.mark.parametrize(
    "value",
    [5, 5.0, True, None, "", "5", "s", "-5s", "1.5s", "5 s", "5S", "5w", "1h30m", "5s\n", "٥s"],
    ids=repr,
)
def test_anything_else_is_refused_with_what_is_expected(value: object) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 50ms, 5s, 5m, 1h or 1d, got "):
        parse_duration_ms(value)


@given(st.integers(0, 999_999_999))
def test_formatting_and_parsing_return_to_the_same_duration(duration_ms: int) -> None:
    assert parse_duration_ms(format_duration(duration_ms)) == duration_ms


@pytest.mark.parametrize(
    ("duration_ms", "text"), [(0, "0s"), (1_500, "1500ms"), (90_000, "90s"), (604_800_000, "7d")], ids=str
)
def test_the_largest_whole_unit_is_written(duration_ms: int, text: str) -> None:
    assert format_duration(duration_ms) == text
