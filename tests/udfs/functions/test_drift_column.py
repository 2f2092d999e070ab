"""The column of samples: one text a batch, whatever becomes of its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conf.settings import JobSettings, MlSettings
from state.drift.rows import SampledRows
from tests.support.drift_jobs import AT, BASELINE, configured, line, lines_of
from tests.support.job_settings import FIELDS, MakeSettings
from tests.support.lines import line_column
from tests.support.tiny_models import linear
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.write_lines import WriteLines

Run = Callable[..., list[Any]]


FUNCTIONS: dict[str, Callable[[JobSettings, MlSettings], Any]] = {
    "score": lines_of,
    "write": lambda job, ml: WriteLines(lines_of(job, ml)),
}


@pytest.fixture(params=FUNCTIONS)
def run(request: pytest.FixtureRequest, make_settings: MakeSettings) -> Run:
    """Runs batches of lines one after the other; returns the column of each."""

    def make(*batches: list[str], sample: float = 1) -> list[Any]:
        function = FUNCTIONS[request.param](*configured(make_settings, sample))
        function.open()
        found = [function.run({"__line": line_column(batch)}) for batch in batches]
        function.close()
        for columns, batch in zip(found, batches, strict=True):
            assert list(columns) == [name for name, _ in function.outputs]
            assert {len(values) for values in columns.values()} == {len(batch)}
        return [list(columns["__drift"]) for columns in found]

    return make


def rows_of(column: list[Any]) -> SampledRows:
    (text,) = (text for text in column if text is not None)
    return SampledRows.from_text(text)


def test_batch_of_good_rows_has_one_text(run: Run) -> None:
    ((first, *others),) = run([line(1), line(2), line(3)])
    assert others == [None, None]
    rows = SampledRows.from_text(first)
    assert rows.times_ms.tolist() == [AT + 1, AT + 2, AT + 3]
    assert rows.matrix.tolist() == [[1, 2, 0.5], [2, 2, 1], [3, 2, 1.5]]
    np.testing.assert_allclose(rows.scores, linear(rows.matrix), rtol=1e-6)
    assert rows.labels.tolist() == [0, 1, 0]
    assert rows.baseline == BASELINE


def test_dead_letters_are_in_no_sample(run: Run) -> None:
    # The model refuses an amount of 99.
    batch = ["{", line(1, amount=99), line(2), line(3, amount="x"), line(4, is_new=None), line(5)]
    (column,) = run(batch)
    rows = rows_of(column)
    assert rows.times_ms.tolist() == [AT + 2, AT + 4, AT + 5]
    np.testing.assert_array_equal(rows.labels, [1, np.nan, 0])


@pytest.mark.parametrize("batch", [["{", ""], ["{"], [line(1, amount=99)]], ids=["all", "the only one", "not scorable"])
def test_batch_of_dead_letters_has_no_text(run: Run, batch: list[str]) -> None:
    assert run(batch) == [[None] * len(batch)]


def test_single_rows_have_a_text_each_and_the_first_the_baseline(run: Run) -> None:
    columns = run([line(1)], [line(2)], [line(3)])
    rows = [rows_of(column) for column in columns]
    assert [each.times_ms.tolist() for each in rows] == [[AT + 1], [AT + 2], [AT + 3]]
    assert [each.baseline is None for each in rows] == [False, True, True]


def test_share_of_single_rows_is_taken(run: Run) -> None:
    columns = run(*([line(number)] for number in range(1, 9)), sample=0.25)
    assert [column[0] is not None for column in columns] == [False, False, False, True] * 2


def test_columns_are_sampled_with_time_and_outcome(make_settings: MakeSettings) -> None:
    function = ScoreColumns(*configured(make_settings, 1))
    assert dict(function.inputs)["at"] == "BIGINT"
    assert [name for name, _ in function.inputs].count("is_new") == 1
    function.open()
    given: dict[str, Any] = {
        "amount": np.array([1.0, 99.0, 3.0]),
        "size": np.array([2.0, 2.0, 2.0]),
        "at": np.array([AT, AT + 1, AT + 2]),
        "is_new": np.array([True, None, None], dtype=object),
    }
    found = function.run({name: given[name] for name, _ in function.inputs})
    none = function.run({name: given[name][:0] for name, _ in function.inputs})
    function.close()
    rows = rows_of(list(found["__drift"]))
    assert rows.times_ms.tolist() == [AT, AT + 2]
    np.testing.assert_array_equal(rows.labels, [1, np.nan])
    assert list(found["__dead_letter_reason"]) == [None, "failed", None]
    assert len(none["__drift"]) == 0


def test_text_is_no_outcome(make_settings: MakeSettings) -> None:
    job, ml = configured(make_settings, 1)
    function = ScoreColumns(job.model_copy(update={"events": job.events.model_copy(update={"label": "card"})}), ml)
    assert FIELDS["card"]["type"] == "string"
    assert "card" not in dict(function.inputs)


def test_without_drift_there_is_no_column(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.job is not None
    for make in (ScoreColumns, *FUNCTIONS.values()):
        assert "__drift" not in dict(make(settings.job, settings.ml).outputs)
