"""A line in the table of predictions, and its value: nothing else is needed for the workers to write it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.support.planted_column import planted
from udfs.functions import batch_scoring
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.parsing.lines import JsonLines
from udfs.row_columns import Column, StepColumn

GOOD = '{"id": 1, "at": 1522540831000, "card": "c", "amount": 2}'
LINES = line_column([GOOD, GOOD.replace("1", "2", 1), "{"])


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A column ``region`` whose values scoring makes."""
    before = batch_scoring.answer_columns

    def with_region(predictions: Any, *given: Any, **more: Any) -> dict[str, Any]:
        regions = np.array([f"r{row}" for row in range(len(predictions.matrix))], dtype=object)
        return {**before(predictions, *given, **more), "__region": regions}

    monkeypatch.setattr(batch_scoring, "answer_columns", with_region)
    with planted(Column("region", "STRING", StepColumn("__region"), "Region of the event.")):
        yield


def test_text_has_the_column(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.job is not None
    function = WriteLines(ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields)))
    function.open()
    found = function.run({"__line": LINES})
    function.close()
    rows = [json.loads(text) for text in found["__predictions"][0].split(b"\n")]
    assert [(row["event_id"], row["region"]) for row in rows] == [(1, "r0"), (2, "r1")]
    assert list(found) == [name for name, _ in function.outputs]


def test_columns_for_sql_have_it(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.job is not None
    function = ScoreColumns(settings.job, settings.ml)
    assert ("__region", "STRING") in function.outputs
    function.open()
    found = function.run({"amount": np.array([1.0, 2.0]), "size": np.ones(2)})
    function.close()
    assert list(found["__region"]) == ["r0", "r1"]
