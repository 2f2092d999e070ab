"""Rows that a job takes for dead letters before its model are so in a program, too, with the same words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gress
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.lines import line_column
from tests.support.tiny_models import linear, write_linear
from udfs.functions.score_lines import ScoreLines
from udfs.parsing.lines import JsonLines

_AT = "2026-01-01T10:00:00Z"
_JOB = {
    "name": "payments",
    "events": {
        "id": "id",
        "key": "card",
        "time": "at",
        "fields": {
            "id": {"type": "long", "min": 1},
            "card": {"type": "string"},
            "at": {"type": "timestamp"},
            "seen": {"type": "timestamp", "unit": "s", "required": False},
            "amount": {"type": "decimal", "scale": 2, "min": 0, "max": 1000},
            "size": {"type": "double", "required": False, "max": 10},
            "visits": {"type": "long", "required": False, "min": 0},
            "is_new": {"type": "boolean"},
        },
    },
    "features": {
        "name": "raw",
        "specs": [
            {"name": name, "type": "numerical", "source": name, "parameters": {"default": 0}}
            for name in ("amount", "size", "visits")
        ],
    },
    "inference": {"model_name": "payments", "model_version": "1.0.0"},
}
# Most values of a field are good, so that a row is good at times.
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from([1, 7, 2**53 + 1, 0, None]),
            "card": st.sampled_from(["a", "b", "", None]),
            "at": st.sampled_from(
                [_AT, "2026-01-01T10:00:00.250Z", "2200-01-01T00:00:00Z", None, 1_767_261_600_000, 1_767_261_600, 5.5]
            ),
            "seen": st.sampled_from([1_767_261_600, 1_767_261_600.25, _AT, "2026-01-01T19:00:00+09:00", None, 1e18]),
            "amount": st.sampled_from([0.0, 12.25, 0.1 + 0.2, 1000.0, 1000.01, -0.01, 1.005, None]),
            "size": st.sampled_from([2.5, -3.0, None, 10.0, 10.5]),
            "visits": st.sampled_from([0, 3, None, -1, 2.5]),
            "is_new": st.sampled_from([True, False, None]),
        }
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> gress.Settings:
    folder = tmp_path_factory.mktemp("checks")
    file = write_linear(folder)
    spec = spec_from_file(file, "payments", "1.0.0", feature_columns=("amount", "size", "visits"))
    local_registry(folder / "registry").publish(spec, file)
    given = [f"job={json.dumps(_JOB)}", f"ml.model_registry.base_path={folder / 'registry'}", "ml.enabled=true"]
    return gress.load_settings(overrides=given, environ={})


@pytest.fixture(scope="module")
def job(settings: gress.Settings) -> Iterator[ScoreLines]:
    """The step of a job that parses and scores."""
    assert settings.job is not None
    function = ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields))
    function.open()
    yield function
    function.close()


@pytest.fixture(scope="module")
def scorer(settings: gress.Settings) -> Iterator[gress.Scorer]:
    place = settings.ml.model_registry.base_path
    with gress.Scorer.open(place, "payments", "1.0.0", config=settings) as scorer:
        yield scorer


def row(**changed: Any) -> dict[str, Any]:
    good = {"id": 1, "card": "a", "at": _AT, "amount": 12.25, "size": 2.5, "visits": 3, "is_new": True}
    return {**good, **changed}


def without_clock(error: str | None) -> str | None:
    """Return an error without how far a time is ahead of now."""
    return error if error is None or "ahead" not in error else error.partition(", got")[0]


@given(rows=_ROWS)
def test_rows_are_what_a_job_makes_of_them(rows: list[dict[str, Any]], job: ScoreLines, scorer: gress.Scorer) -> None:
    of_job = job.run({"__line": line_column([json.dumps(each) for each in rows])})
    found = scorer.score(rows).to_dicts()
    wanted = [
        (reason, without_clock(error), prediction)
        for reason, error, prediction in zip(
            *(list(of_job[name]) for name in ("__dead_letter_reason", "__dead_letter_error", "__prediction")),
            strict=True,
        )
    ]
    assert [(each["reason"], without_clock(each["error"]), each["prediction"]) for each in found] == wanted
    assert [each["status"] for each in found] == ["ok" if reason is None else "dead_letter" for reason, _, _ in wanted]
    assert [each["version"] for each in found] == [None if reason else "1.0.0" for reason, _, _ in wanted]


def test_scorer_of_settings_checks_them_as_one_of_a_registry_does(settings: gress.Settings) -> None:
    rows = [row(amount=-1.0), row(), row(is_new=None)]
    with gress.open_scorer(settings) as scorer:
        found = scorer.score(rows)
    assert {place: problem.reason for place, problem in found.problems.items()} == {
        0: "out_of_range",
        2: "missing_value",
    }
    np.testing.assert_allclose(found.prediction, [np.nan, *linear(np.array([[12.25, 2.5, 3]])), np.nan], rtol=1e-6)
    assert found.matrix.shape == (3, 3)
    assert np.isnan(found.matrix).all(axis=1).tolist() == [True, False, True]


def test_table_keeps_its_index_beside_rejected_rows(scorer: gress.Scorer) -> None:
    frame = pd.DataFrame([row(amount=-1.0), row()], index=["x", "y"])
    found = scorer.score(frame).to_pandas()
    assert found["status"].to_dict() == {"x": "dead_letter", "y": "ok"}
    assert found["error"]["x"] == "field 'amount': expected >= 0, got -1.0"
    assert scorer.score(frame.head(1)).to_arrow()["prediction"].null_count == 1


def test_fields_that_a_table_lacks_are_not_checked(scorer: gress.Scorer) -> None:
    found = scorer.score({"amount": [1.0, -1.0], "size": [1.0, 1.0], "visits": [1, 1], "other": ["a", None]})
    assert list(found.problems) == [1]


def test_time_that_is_ahead_of_the_clock_is_refused(scorer: gress.Scorer) -> None:
    now_ms = time.time_ns() // 1_000_000
    found = scorer.score([row(at=now_ms), row(at=now_ms + 60_000), row(at=now_ms + 3_600_000)])
    assert {place: problem.reason for place, problem in found.problems.items()} == {2: "in_future"}


def test_number_that_the_type_does_not_have_is_a_problem_of_its_row(scorer: gress.Scorer) -> None:
    found = scorer.score(pd.DataFrame([row(size=np.inf), row(visits=0.5), row()]))
    assert [found.problems[place].error for place in (0, 1)] == [
        "field 'size': expected double, got inf",
        "field 'visits': expected long, got 0.5",
    ]
    assert 2 not in found.problems


def test_decimals_of_single_precision_have_the_digits_that_they_were_written_with(scorer: gress.Scorer) -> None:
    frame = pd.DataFrame([row(amount=amount) for amount in (0.15, 1.07, 12.345)]).astype({"amount": "float32"})
    assert list(scorer.score(frame).problems) == [2]


def test_columns_of_several_lengths_are_refused(scorer: gress.Scorer) -> None:
    table = {"amount": [1.0, 2.0], "size": [1.0, 1.0], "visits": [1, 1], "card": ["a"]}
    with pytest.raises(gress.FeatureError, match=r"expected columns of one length, got amount 2, .*, card 1"):
        scorer.score(table)
