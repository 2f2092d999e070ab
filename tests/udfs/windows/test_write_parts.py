"""Rows of parts are written as rows of lines are."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.support.job_settings import MakeSettings
from tests.support.lines import encoded, line_column
from tests.support.tiny_models import write_linear, write_picky
from udfs.functions.parse_lines import ParseLines, event_columns
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.parsing.json_lines import JsonLines
from udfs.windows.late_rows import LateLetters
from udfs.windows.on_parts import OnParts
from udfs.windows.parts import PartFormat
from udfs.windows.write_parts import WriteParts


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": 1_522_540_831_000, "card": "c", "amount": 1.25, "size": 2} | changed)


LINES = [line(), line(id=2, amount=3), line(id=3, amount=99), line(id=4, card="ü")]


def part_of(job: Any, lines: list[str]) -> tuple[Any, bytes]:
    parsing = ParseLines(job.events, JsonLines(job.events.fields))
    parsing.open()
    batch = parsing.parse(encoded(lines))
    form = PartFormat(event_columns(job.events))
    return form, form.encode(form.block({**batch.columns, **batch.exact}))


def without_time(block: bytes | str) -> list[dict[str, Any]]:
    text = block.decode() if isinstance(block, bytes) else block
    return [{k: v for k, v in json.loads(row).items() if k != "latency_us"} for row in text.splitlines()]


@pytest.mark.parametrize("write", [write_linear, write_picky], ids=["all rows", "a row that the model refuses"])
def test_blocks_are_those_of_the_same_lines(make_settings: MakeSettings, write: Any) -> None:
    settings = make_settings(write=write)
    job = settings.job
    assert job is not None
    form, part = part_of(job, LINES)
    function = WriteParts(ScoreColumns(job, settings.ml), form.columns, form.columns)
    of_lines = WriteLines(ScoreLines(job, settings.ml, JsonLines(job.events.fields)))
    for each in (function, of_lines):
        each.open()
    found = function.run({"__part": np.array([part, None], dtype=object)[:1]})
    wanted = of_lines.run({"__line": line_column(LINES)})
    for each in (function, of_lines):
        each.close()
    assert without_time(found["__predictions"][0]) == without_time(wanted["__predictions"][0])
    bad = [reason for reason in wanted["__dead_letter_reason"] if reason is not None]
    assert list(found["__dead_letter_reason"][0]) == bad
    assert list(found["__index"][0]) == list(range(1, len(bad) + 1))
    assert list(found["id"][0]) == ([3] if bad else [])


def test_all_rows_come_out_as_arrays_where_they_are_not_written(make_settings: MakeSettings) -> None:
    settings = make_settings()
    job = settings.job
    assert job is not None
    form, part = part_of(job, LINES)
    function = OnParts(ScoreColumns(job, settings.ml), form.columns, form.columns)
    function.open()
    found = function.run({"__part": np.array([part, part], dtype=object)})
    function.close()
    assert list(found) == [name for name, _ in function.outputs]
    for row in range(2):
        assert list(found["id"][row]) == [1, 2, 3, 4]
        assert list(found["card"][row]) == ["c", "c", "c", "ü"]
        assert len(found["__prediction"][row]) == 4


def test_late_rows_bring_their_line_or_their_fields(make_settings: MakeSettings) -> None:
    job = make_settings().job
    assert job is not None
    letters = LateLetters(job.events, (("__offset", "BIGINT"),))
    form, part = part_of(job, LINES[:1])
    lists = form.lists(form.decode(part))
    (row,) = letters.rows({**lists, "__line": [b"\xff"], "__offset": [7]})
    given = dict(zip([name for name, _ in letters.columns], row, strict=True))
    assert given["__dead_letter_reason"] == "late"
    assert (given["__line"], given["__offset"], given["card"]) == (b"\xff", 7, "c")
    (row,) = letters.rows({**lists, "__offset": [None]})
    given = dict(zip([name for name, _ in letters.columns], row, strict=True))
    assert json.loads(given["__line"])["amount"] == 1.25
    assert given["__offset"] is None
