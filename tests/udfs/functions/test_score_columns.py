from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import linear, write_classes
from udfs.features.feature_set import compile_feature_set
from udfs.functions.score_columns import ScoreColumns


def run(make_settings: MakeSettings, amount: list[float], **given: Any) -> dict[str, Any]:
    settings = make_settings(**given)
    assert settings.job is not None
    function: ScoreColumns = pickle.loads(pickle.dumps(ScoreColumns(settings.job, settings.ml)))
    function.open()
    found = function.run({"amount": np.array(amount), "size": np.ones(len(amount))})
    function.close()
    assert list(found) == [name for name, _ in function.outputs]
    assert {len(values) for values in found.values()} == {len(amount)}
    return dict(found)


def test_rows_say_what_scored_them(make_settings: MakeSettings) -> None:
    found = run(make_settings, [1.0, 2.0])
    settings = make_settings()
    assert settings.job is not None
    assert list(found["__model"]) == ["m", "m"]
    assert list(found["__version"]) == ["1.0.0", "1.0.0"]
    assert list(found["__status"]) == ["ok", "ok"]
    assert set(found["__feature_set"]) == {compile_feature_set(settings.job.features, settings.job.events).hash}
    (checksum,) = set(found["__checksum"])
    assert len(checksum) == 16
    assert found["__latency_us"].dtype == np.int64


def test_predictions_are_those_of_the_model(make_settings: MakeSettings) -> None:
    found = run(make_settings, [1.0, 2.0])
    wanted = linear(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 2.0]]))
    np.testing.assert_allclose(found["__prediction"], wanted, rtol=1e-6)
    assert list(found["__label"]) == list(found["__scores"]) == [None, None]


def test_each_row_has_its_scores_as_an_array(make_settings: MakeSettings) -> None:
    found = run(make_settings, [1.0, 99.0, 3.0], write=write_classes)
    assert list(found["__dead_letter_reason"]) == [None, "failed", None]
    assert [scores is None or len(scores) for scores in found["__scores"]] == [2, True, 2]
    assert found["__scores"][2][1] == found["__prediction"][2]


def test_a_default_prediction_has_no_scores_of_classes(make_settings: MakeSettings) -> None:
    inference = {"default_prediction": 0.5}
    found = run(make_settings, [1.0, 99.0], write=write_classes, inference=inference)
    assert list(found["__status"]) == ["ok", "default"]
    assert found["__prediction"][1] == 0.5
    assert found["__scores"][1] is None
    (alone,) = run(make_settings, [99.0], write=write_classes, inference=inference)["__scores"]
    assert alone is None


def test_no_rows_give_columns_without_values(make_settings: MakeSettings) -> None:
    run(make_settings, [])
    run(make_settings, [], write=write_classes)


def test_rows_carry_the_features_of_their_model_where_the_sink_asks(make_settings: MakeSettings) -> None:
    settings = make_settings(inference={"feature_fields": ["per_size", "amount", "size"]})
    assert settings.job is not None
    job = settings.job.model_copy(update={"sink": settings.job.sink.model_copy(update={"features": True})})
    function = ScoreColumns(job, settings.ml)
    assert ("__features", "STRING") in function.outputs
    function.open()
    found = function.run({"amount": np.array([0.1, 3.0]), "size": np.array([2.0, np.nan])})
    assert list(found["__features"]) == ["[0.05,0.1,2]", "[0,3,0]"]
    assert len(function.run({"amount": np.array([]), "size": np.array([])})["__features"]) == 0
    function.close()


def test_rows_carry_their_best_classes_instead_of_all_scores_where_the_sink_asks(make_settings: MakeSettings) -> None:
    settings = make_settings(write=write_classes)
    assert settings.job is not None
    job = settings.job.model_copy(update={"sink": settings.job.sink.model_copy(update={"top_classes": 1})})
    function = ScoreColumns(job, settings.ml)
    assert ("__top_classes", "STRING") in function.outputs
    function.open()
    found = function.run({"amount": np.array([1.0, -1.0]), "size": np.ones(2)})
    ((first, score),) = json.loads(found["__top_classes"][0])
    assert first == found["__label"][0]
    assert score == pytest.approx(max(found["__prediction"][0], 1 - found["__prediction"][0]), rel=1e-5)
    assert list(found["__scores"]) == [None, None]
    function.close()
