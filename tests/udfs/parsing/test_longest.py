from __future__ import annotations

import json

import pytest

from conf.settings import FieldSettings
from tests.support.lines import encoded
from udfs.parsing.lines import CsvLines, JsonLines, LineFormat
from udfs.parsing.parser import EventParser, LongestText

FIELDS = {
    "id": FieldSettings(type="long"),
    "card": FieldSettings(type="string", required=False),
    "text": FieldSettings(type="string", required=False),
}


@pytest.mark.parametrize("kind", ["JSON", "CSV"])
def test_row_whose_key_fills_a_record_is_no_event(kind: str) -> None:
    rows = [("a" * 32_768, ""), ("b" * 32_769, ""), ("c", "d" * 50_000)]
    lines: LineFormat = JsonLines(FIELDS)
    texts = [json.dumps({"id": 1, "card": card, "text": text}) for card, text in rows]
    if kind == "CSV":
        lines, texts = CsvLines(FIELDS, tuple(FIELDS)), [f"1,{card},{text}" for card, text in rows]
    batch = EventParser(FIELDS, lines, longest=LongestText(("id", "card"))).parse(encoded([*texts, "", "{"]))
    assert batch.good == 2
    problem = batch.problems[1]
    assert (problem.reason, problem.error) == (
        "out_of_range",
        "field 'card': expected at most 32768 characters, got 32769",
    )


def test_null_has_no_length() -> None:
    parser = EventParser(FIELDS, JsonLines(FIELDS), longest=LongestText(("id", "card")))
    batch = parser.parse(encoded(['{"id": 1}', json.dumps({"id": 2, "text": "d" * 50_000})]))
    assert batch.good == 2
