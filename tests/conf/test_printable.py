"""Text of unknown origin cannot steer a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.types.printable import cell, one_line, printable, printable_json

TEXTS = st.text(st.characters())


@given(TEXTS)
def test_no_control_character_is_left_but_ends_of_lines_and_tabs(text: str) -> None:
    assert {one for one in printable(text) if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")} <= {"\n", "\t"}
    assert printable(text).count("\n") == text.count("\n")


@given(TEXTS, st.integers(1, 50))
def test_a_line_is_one_and_bounded(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert not {one for one in line if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")}
    assert len(line) <= 10 * longest + 3


@given(TEXTS)
def test_json_keeps_its_value(text: str) -> None:
    shown = printable_json(json.dumps({"a": [text]}, ensure_ascii=False, indent=2))
    assert json.loads(shown) == {"a": [text]}
    assert "\x9b" not in shown
    assert "\x7f" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\rb\n", "a\\rb\n"),
        ("\ud800", r"\ud800"),
        ("Zürich 漢字 \u200d👩‍🚀 \\x1b", "Zürich 漢字 \u200d👩‍🚀 \\x1b"),
    ],
    ids=["title of the window", "colour", "direction", "start of the line", "half a character", "ordinary text"],
)
def test_escapes_are_shown_as_text(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_cell_is_bounded() -> None:
    assert cell("a\n" * 5_000) == "a\n" * 5_000
    assert cell("a" * 10_001) == "a" * 10_000 + "..."
