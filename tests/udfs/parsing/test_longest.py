from __future__ import annotations

import json

import pytest

from conf.settings import FieldSettings
from tests.support.lines import encoded
from udfs.parsing.encoding import MOST_ESCAPED
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


def test_texts_that_a_row_carries_have_one_limit_together() -> None:
    parser = EventParser(FIELDS, JsonLines(FIELDS), longest=LongestText(("id",), ("card", "text", "id")))
    lengths = [(30_000, 35_536), (30_000, 35_537), (0, 65_537)]
    batch = parser.parse(
        encoded(json.dumps({"id": 1, "card": "c" * card, "text": "t" * text}) for card, text in lengths)
    )
    assert batch.good == 1
    assert [(problem.reason, problem.error) for problem in batch.problems.values()] == [
        (
            "out_of_range",
            f"fields 'card', 'text', 'id': expected at most 65536 characters together, got {length}",
        )
        for length in (65_537, 65_537)
    ]


def test_records_of_the_longest_texts_fit_into_kafka() -> None:
    """JSON writes a control character as six bytes; the key is a record's key, too."""
    longest, record = LongestText(("id", "key"), ("text",)), 1_048_576
    assert 6 * (3 * longest.most + longest.most_carried) < record
    assert record > MOST_ESCAPED
