from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np
import pytest

from conf.settings import FieldSettings, SinkSettings, SourceSettings
from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.support.tiny_models import linear, write_classes, write_linear, write_picky
from udfs.functions.score_lines import ScoreLines, carried_columns
from udfs.parsing.lines import JsonLines

Run = Callable[..., dict[str, Any]]


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": 1_522_540_831_000, "card": "c", "amount": 1.25, "size": 2} | changed)


@pytest.fixture
def run(make_settings: MakeSettings) -> Run:
    def make(*lines: str, **given: Any) -> dict[str, Any]:
        settings = make_settings(**given)
        assert settings.job is not None
        described = ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields))
        function: ScoreLines = pickle.loads(pickle.dumps(described))
        function.open()
        found = function.run({"__line": line_column(lines)})
        function.close()
        assert list(found) == [name for name, _ in function.outputs]
        assert {len(values) for values in found.values()} == {len(lines)}
        return {name: list(values) for name, values in found.items()}

    return make


def test_good_lines_are_scored(run: Run) -> None:
    found = run(line(), line(id=2, amount=3))
    wanted = linear(np.array([[1.25, 2, 0.625], [3, 2, 1.5]]))
    np.testing.assert_allclose(found["__prediction"], wanted, rtol=1e-6)
    assert found["__dead_letter_reason"] == [None, None]
    assert (found["id"], found["card"], found["at"]) == ([1, 2], ["c", "c"], [1_522_540_831_000] * 2)


@pytest.mark.parametrize("write", [write_linear, write_classes], ids=["one score", "a score per class"])
def test_bad_lines_keep_their_places_beside_scored_ones(write: Any, run: Run) -> None:
    found = run("{", line(id=2), line(amount="x"), line(id=4), write=write)
    assert found["__dead_letter_reason"] == ["malformed", None, "wrong_type", None]
    assert found["id"] == [None, 2, None, 4]
    assert [value is None for value in found["__prediction"]] == [True, False, True, False]
    assert found["__model"] == [None, "m", None, "m"]


def test_row_that_the_model_refuses_is_told_by_its_place_among_all_lines(run: Run) -> None:
    found = run("{", line(id=2), line(id=3, amount=99), line(id=4), write=write_picky)
    assert found["__dead_letter_reason"] == ["malformed", None, "failed", None]
    assert found["__dead_letter_error"][2].startswith("model m@1.0.0")
    assert found["id"] == [None, 2, 3, 4]


def test_line_whose_carried_texts_fill_a_record_has_no_score(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.job is not None
    fields = {**settings.job.events.fields, "note": FieldSettings(type="string", required=False)}
    events = settings.job.events.model_copy(update={"fields": fields})
    job = settings.job.model_copy(update={"events": events, "sink": SinkSettings(fields=("note",))})
    function = ScoreLines(job, settings.ml, JsonLines(fields))
    function.open()
    found = function.run({"__line": line_column([line(note="n" * 65_537), line(id=2, note="n" * 65_536)])})
    function.close()
    assert list(found["__dead_letter_reason"]) == ["out_of_range", None]


def test_function_carries_no_password_to_the_cluster(make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.job is not None
    kafka = {"servers": "a:1", "topics": ["t"], "options": {"sasl.jaas.config": "hunter2"}}
    source = SourceSettings.model_validate({"kafka": kafka})
    job = settings.job.model_copy(update={"source": source})
    carried = cloudpickle.dumps(ScoreLines(job, settings.ml, JsonLines(job.events.fields)))
    assert b"hunter2" not in carried
    assert b"a:1" in carried


def test_batch_of_bad_lines_alone_has_no_score(run: Run) -> None:
    found = run("", "{", write=write_classes)
    assert found["__dead_letter_reason"] == ["malformed", "malformed"]
    assert found["__prediction"] == [None, None]


def test_predictions_carry_id_time_and_key_once(make_settings: MakeSettings) -> None:
    job = make_settings().job
    assert job is not None
    assert [name for name, _ in carried_columns(job)] == ["id", "at", "card"]
    labelled = job.events.model_copy(update={"label": "is_new", "key": "id"})
    assert [name for name, _ in carried_columns(job.model_copy(update={"events": labelled}))] == [
        "id",
        "at",
        "is_new",
    ]
    carrying = job.model_copy(update={"sink": job.sink.model_copy(update={"fields": ("card", "size")})})
    assert [name for name, _ in carried_columns(carrying)] == ["id", "at", "card", "size"]
