from __future__ import annotations

import json

import pytest

from conf.settings import FieldSettings
from tests.support.lines import encoded
from udfs.parsing.lines import JsonLines
from udfs.parsing.parser import EventParser, FutureLimit

NOW_MS = 1_522_540_800_000
FIELDS = {"id": FieldSettings(type="long"), "at": FieldSettings(type="timestamp", required=False)}
PARSER = EventParser(FIELDS, JsonLines(FIELDS), FutureLimit("at", 60_000, lambda: NOW_MS))


@pytest.mark.parametrize("count", [1, 300], ids=["one", "a block"])
def test_an_event_too_far_ahead_of_the_clock_is_no_event(count: int) -> None:
    times = [NOW_MS - 10**11, NOW_MS + 60_000, NOW_MS + 60_001, None]
    lines = [json.dumps({"id": row, "at": at}) for row, at in enumerate(times)] * count
    batch = PARSER.parse(encoded(lines))
    assert sorted(batch.problems) == [4 * index + 2 for index in range(count)]
    problem = batch.problems[2]
    assert (problem.reason, problem.error) == (
        "in_future",
        "field 'at': expected at most 60000 ms ahead of the clock, got 60001 ms ahead",
    )
    assert batch.good == 3 * count


def test_another_problem_of_the_row_comes_first() -> None:
    batch = PARSER.parse(encoded([json.dumps({"id": "x", "at": NOW_MS + 10**9})]))
    assert batch.problems[0].reason == "wrong_type"


def test_without_a_bound_any_time_will_do() -> None:
    batch = EventParser(FIELDS, JsonLines(FIELDS)).parse(encoded(['{"id":1,"at":"9999-12-31T00:00:00"}']))
    assert batch.good == 1
