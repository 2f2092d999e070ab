"""A piece is written as its lines are, whatever the size of a batch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from state.drift.rows import SampledRows
from tests.support.drift_jobs import AT, configured, lines_of
from tests.support.drift_jobs import line as numbered
from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.udfs.pieces.listed import ListedPieces
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.parsing.json_lines import JsonLines
from udfs.pieces.write_pieces import WritePieces


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": 1_522_540_831_000, "card": "c", "amount": 1.25, "size": 2} | changed)


LINES = [line(id=0), "{", line(id=2), line(id=3, amount="x"), line(id=4, card="ü"), "", line(id=6, amount=9)]


def without_time(block: bytes | None) -> list[dict[str, Any]]:
    lines = [] if block is None else block.decode().split("\n")
    return [{k: v for k, v in json.loads(row).items() if k != "latency_us"} for row in lines]


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
@pytest.mark.parametrize("threshold", [None, 0.5], ids=["predictions", "alerts too"])
def test_rows_are_those_of_the_same_lines(
    make_settings: MakeSettings, batch_rows: int, threshold: float | None
) -> None:
    settings = make_settings(inference={"alert_threshold": threshold})
    job = settings.job
    assert job is not None
    of_lines, of_pieces = (WriteLines(ScoreLines(job, settings.ml, JsonLines(job.events.fields))) for _ in range(2))
    function = WritePieces(of_pieces, ListedPieces(LINES, [], ["{"]), batch_rows)
    for each in (function, of_lines):
        each.open()
    found = function.run({"__piece": np.array([0, 1, 2])})
    wanted = of_lines.run({"__line": line_column(LINES)})
    for each in (function, of_lines):
        each.close()
    assert list(found) == [name for name, _ in function.outputs]
    for name in ("__predictions", "__alerts"):
        assert without_time(found[name][0]) == without_time(wanted[name][0])
        assert [found[name][row] for row in (1, 2)] == [None, None]
    bad = [row for row, reason in enumerate(wanted["__dead_letter_reason"]) if reason is not None]
    assert bad
    for name, _ in function.rows:
        assert list(found[name][0]) == [wanted[name][row] for row in bad]
    assert [list(index) for index in found["__index"]] == [list(range(1, len(bad) + 1)), [], [1]]
    assert list(found["__value"][2]) == ["{"]


def test_each_batch_has_its_sample_for_drift_behind_the_dead_letters(make_settings: MakeSettings) -> None:
    job, ml = configured(make_settings, 1)
    function = WritePieces(WriteLines(lines_of(job, ml)), ListedPieces(["{", *(numbered(n) for n in range(1, 6))]), 3)
    function.open()
    found = function.run({"__piece": np.array([0])})
    function.close()
    (reasons,), (texts,) = found["__dead_letter_reason"], found["__drift"]
    assert [text is None for text in texts] == [True, False, False]
    assert list(reasons) == ["malformed", None, None]
    times = [SampledRows.from_text(text).times_ms - AT for text in texts[1:]]
    assert [each.tolist() for each in times] == [[1, 2], [3, 4, 5]]
