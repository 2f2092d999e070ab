from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.parsing.lines import JsonLines

Run = Callable[..., dict[str, Any]]


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": 1_522_540_831_000, "card": "c", "amount": 1.25, "size": 2} | changed)


@pytest.fixture
def run(make_settings: MakeSettings) -> Run:
    def make(*lines: str, **inference: Any) -> dict[str, Any]:
        settings = make_settings(inference=inference)
        assert settings.job is not None
        function = WriteLines(ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields)))
        function.open()
        found = function.run({"__line": line_column(lines)})
        function.close()
        assert list(found) == [name for name, _ in function.outputs]
        assert {len(values) for values in found.values()} == {len(lines)}
        return {name: list(values) for name, values in found.items()}

    return make


def ids(found: bytes) -> list[int]:
    return [json.loads(text)["event_id"] for text in found.split(b"\n")]


def test_batch_leaves_as_one_block_in_its_first_row(run: Run) -> None:
    found = run(line(id=1), line(id=2), line(id=3))
    assert ids(found["__predictions"][0]) == [1, 2, 3]
    assert found["__predictions"][1:] == [None, None]
    assert found["__alerts"] == found["__dead_letter_reason"] == found["__value"] == found["card"] == [None] * 3


def test_bad_line_is_in_its_row_and_not_in_the_block(run: Run) -> None:
    found = run("{", line(id=2), line(id=3, amount="x"), line(id=4))
    assert found["__dead_letter_reason"] == ["malformed", None, "wrong_type", None]
    assert [text is None for text in found["__value"]] == [False, True, False, True]
    assert ids(found["__predictions"][0]) == [2, 4]


def test_alerts_are_the_predictions_over_the_threshold(run: Run) -> None:
    scores = [json.loads(text)["prediction"] for text in run(*map(_amount, range(5)))["__predictions"][0].split(b"\n")]
    threshold = sorted(scores)[2]
    found = run(*map(_amount, range(5)), alert_threshold=threshold)
    assert ids(found["__alerts"][0]) == [row for row, score in enumerate(scores) if score > threshold]


def test_batch_of_bad_lines_has_no_block(run: Run) -> None:
    found = run("", "{")
    assert found["__predictions"] == found["__alerts"] == [None, None]


def _amount(row: int) -> str:
    return line(id=row, amount=row)
