from __future__ import annotations

import json

from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from udfs.functions.parse_in_order import ParseInOrder
from udfs.parsing.lines import JsonLines
from udfs.parsing.times import FIRST_MS

START_MS = 1_522_540_800_000
JUMP_MS = 3_600_000
LINE = {"id": 1, "card": "c", "amount": 1.25, "is_new": True}


def opened(make_settings: MakeSettings) -> ParseInOrder:
    job = make_settings().job
    assert job is not None
    assert job.events.max_jump_ms == JUMP_MS
    function = ParseInOrder(job.events, JsonLines(job.events.fields))
    function.open()
    return function


def newest(function: ParseInOrder, *after_ms: int | None) -> list[int | None]:
    lines = ["{" if ms is None else json.dumps(LINE | {"at": START_MS + ms}) for ms in after_ms]
    found = function.run({"__line": line_column(lines)})
    assert list(found) == [name for name, _ in function.outputs]
    return [None if ms is None else max(int(ms) - START_MS, -1) for ms in found["__newest"]]


def test_one_time_far_ahead_moves_nothing_and_a_second_does(make_settings: MakeSettings) -> None:
    far = JUMP_MS * 24
    function = opened(make_settings)
    assert newest(function, 0, 1, far, 2) == [-1, 1, 1, 2]
    assert newest(function, 3, far - 5, 4) == [3, far, far]


def test_bad_lines_move_nothing(make_settings: MakeSettings) -> None:
    function = opened(make_settings)
    assert newest(function, None) == [None]
    assert newest(function, 7, None, 9, 8) == [-1, None, 9, 9]
    found = opened(make_settings).run({"__line": line_column([json.dumps(LINE | {"at": START_MS})])})
    assert list(found["__newest"]) == [FIRST_MS]
