"""A model gets the raw fields of its rows on every way on which rows reach it, or the row is a dead letter."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.settings import Settings
from models.errors import ModelError
from tests.support.lines import encoded, line_column
from tests.support.raw_jobs import FIELDS, event, expected, line, raw_settings
from tests.support.raw_models import text_score, write_text_alone, write_three_inputs
from udfs.functions.parse_lines import ParseLines, event_columns
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.inference import BatchAdapter, RowAdapter
from udfs.parsing.json_lines import JsonLines
from udfs.scoring.model_source import raw_fields
from udfs.windows.on_parts import OnParts
from udfs.windows.parts import PartFormat
from udfs.windows.write_parts import WriteParts

GOOD = (0, 1, 4)
LINES = [line(0), line(1), line(2, merchant=None), line(3, user_id=None), line(4)]
WANT = expected([event(number) for number in GOOD])
Way = Callable[[Settings, list[str]], dict[int, Any]]
"""A function from settings and lines to the prediction of each row that has one, or its error, by the event's id."""


def _opened(function: Any) -> Any:
    made = pickle.loads(pickle.dumps(function))
    made.open()
    return made


def _format(settings: Settings) -> JsonLines:
    assert settings.job is not None
    return JsonLines(settings.job.events.fields)


def _by_id(ids: Any, predictions: Any, errors: Any) -> dict[int, Any]:
    told = zip(ids, predictions, errors, strict=True)
    return {number: float(prediction) if error is None else error for number, prediction, error in told}


def by_lines(settings: Settings, lines: list[str]) -> dict[int, Any]:
    function = _opened(ScoreLines(settings.job, settings.ml, _format(settings)))
    found = function.run({"__line": line_column(lines)})
    function.close()
    return _by_id(found["id"], found["__prediction"], found["__dead_letter_error"])


def by_single_lines(settings: Settings, lines: list[str]) -> dict[int, Any]:
    """Each row alone, as in the latency profile."""
    function = ScoreLines(settings.job, settings.ml, _format(settings))
    adapter = RowAdapter(function)
    adapter.open(None)
    names = [name for name, _ in function.outputs]
    rows = [dict(zip(names, adapter.eval(each), strict=True)) for each in encoded(lines)]
    adapter.close()
    picked = ("id", "__prediction", "__dead_letter_error")
    return _by_id(*([row[name] for row in rows] for name in picked))


def by_written_lines(settings: Settings, lines: list[str]) -> dict[int, Any]:
    function = _opened(WriteLines(ScoreLines(settings.job, settings.ml, _format(settings))))
    found = function.run({"__line": line_column(lines)})
    function.close()
    letters = dict(zip(found["__value"], found["__dead_letter_error"], strict=True))
    errors = {json.loads(text)["id"]: error for text, error in letters.items() if text is not None}
    return _written(found["__predictions"][0]) | errors


def by_columns(settings: Settings, lines: list[str]) -> dict[int, Any]:
    """The arguments of a Python function behind Flink's own windows."""
    import pandas as pd

    assert settings.job is not None
    names = raw_fields(settings.ml, [settings.job.inference], _features(settings))
    function = ScoreColumns(settings.job, settings.ml, names)
    adapter = BatchAdapter(function)
    adapter.open(None)
    columns = _parsed(settings, lines)
    given = [pd.Series(columns[name]) for name, _ in function.inputs]
    found = adapter.eval(*given)
    adapter.close()
    return _by_id(columns["id"], found["__prediction"], found["__dead_letter_error"].replace({np.nan: None}))


def by_parts(settings: Settings, lines: list[str]) -> dict[int, Any]:
    form, part = _part(settings, lines)
    function = _opened(OnParts(ScoreColumns(settings.job, settings.ml), form.columns, form.columns))
    found = function.run({"__part": np.array([part], dtype=object)})
    function.close()
    names = ("id", "__prediction", "__dead_letter_error")
    return _by_id(*(found[name][0] for name in names))


def by_written_parts(settings: Settings, lines: list[str]) -> dict[int, Any]:
    form, part = _part(settings, lines)
    function = _opened(WriteParts(ScoreColumns(settings.job, settings.ml), form.columns, form.columns))
    found = function.run({"__part": np.array([part], dtype=object)})
    function.close()
    errors = dict(zip(found["id"][0], found["__dead_letter_error"][0], strict=True))
    return _written(found["__predictions"][0]) | errors


WAYS = (by_lines, by_single_lines, by_written_lines, by_columns, by_parts, by_written_parts)


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_scored_with_their_fields_and_absent_ones_are_dead_letters(way: Way, tmp_path: Path) -> None:
    found = way(raw_settings(write_three_inputs(tmp_path)), LINES)
    assert found[2] == "model m@1.0.0: field 'merchant': expected string, got null"
    assert found[3] == "model m@1.0.0: field 'user_id': expected int64, got null"
    if way is by_columns:
        # pandas has only floats for a column with nulls, so that the identifiers of its other rows are not exact.
        assert "expected an exact int64, got 9223372036854775808 as a float" in found[0]
        whole = [line(number) for number in GOOD]
        found = way(raw_settings(write_three_inputs(tmp_path)), whole)
    np.testing.assert_allclose([found[number] for number in GOOD], WANT, atol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_model_of_a_text_alone_reads_no_feature(way: Way, tmp_path: Path) -> None:
    found = way(raw_settings(write_text_alone(tmp_path)), [line(0), line(1), line(5)])
    np.testing.assert_allclose(list(found.values()), text_score(np.array(["acme", "b\u00fccher", ""])), atol=1e-6)


@pytest.mark.parametrize("way", [by_lines, by_written_parts])
def test_row_without_a_value_gets_the_default(way: Way, tmp_path: Path) -> None:
    settings = raw_settings(write_three_inputs(tmp_path), inference={"default_prediction": 0.5})
    found = way(settings, LINES)
    assert (found[2], found[3]) == (0.5, 0.5)
    np.testing.assert_allclose([found[number] for number in GOOD], WANT, atol=1e-6)


def test_arguments_are_only_those_that_the_model_reads(tmp_path: Path, make_settings: Any) -> None:
    settings = raw_settings(write_text_alone(tmp_path))
    assert settings.job is not None
    names = raw_fields(settings.ml, [settings.job.inference], _features(settings))
    assert names == ("merchant",)
    asked = ScoreColumns(settings.job, settings.ml, names).inputs
    assert asked == (*ScoreColumns(settings.job, settings.ml).inputs, ("merchant", "STRING"))
    plain = make_settings()
    assert raw_fields(plain.ml, [plain.job.inference], _features(plain)) == ()
    assert ScoreColumns(plain.job, plain.ml, ()).inputs == ScoreColumns(plain.job, plain.ml).inputs


def test_field_that_a_started_job_does_not_carry_is_refused(tmp_path: Path) -> None:
    settings = raw_settings(write_three_inputs(tmp_path))
    function = ScoreColumns(settings.job, settings.ml, ("merchant",))
    with pytest.raises(ModelError, match=r"got no field 'user_id' behind the windows .*; start the job again"):
        function.open()
    function.close()


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"merchant": None}, r"got neither a feature nor a field 'merchant' of the job's events; add the field"),
        ({"merchant": {"type": "long"}}, r"got field 'merchant' of type long; it takes fields of type string"),
        ({"user_id": {"type": "string"}}, r"got field 'user_id' of type string; it takes fields of type long"),
    ],
)
def test_job_whose_fields_do_not_fit_is_refused(changed: dict[str, Any], text: str, tmp_path: Path) -> None:
    fields = {name: kind for name, kind in {**FIELDS, **changed}.items() if kind is not None}
    settings = raw_settings(write_three_inputs(tmp_path), fields=fields)
    function = ScoreColumns(settings.job, settings.ml)
    with pytest.raises(ModelError, match=text):
        function.open()
    function.close()


def _features(settings: Settings) -> Any:
    return ScoreColumns(settings.job, settings.ml)._scoring.features


def _parsed(settings: Settings, lines: list[str]) -> dict[str, Any]:
    assert settings.job is not None
    parsing = ParseLines(settings.job.events, _format(settings))
    parsing.open()
    return dict(parsing.parse(encoded(lines)).columns)


def _part(settings: Settings, lines: list[str]) -> tuple[PartFormat, bytes]:
    assert settings.job is not None
    parsing = ParseLines(settings.job.events, _format(settings))
    parsing.open()
    batch = parsing.parse(encoded(lines))
    form = PartFormat(event_columns(settings.job.events))
    return form, form.encode(form.block({**batch.columns, **batch.exact}))


def _written(block: bytes) -> dict[int, Any]:
    rows = [json.loads(row) for row in block.decode().splitlines()]
    return {row["event_id"]: row["prediction"] for row in rows}
