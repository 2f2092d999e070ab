"""The forecasting job's sample and model, without Flink."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import default_config, sample_input
from models.registry import open_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.outputs import Scores
from models.training.demand.shop_demand import DemandSettings, as_rows, draw_demand
from udfs.features.feature_set import compile_feature_set


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    path = sample_input("forecasting")
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def columns(sample: list[dict[str, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Fields as arrays, and the series' answers beside them."""
    job = load_settings(default_config("forecasting"), environ={}).job
    assert job is not None
    names = {name for name in job.events.fields if name != "row"}
    found = {name: np.array([row.get(name, np.nan) for row in sample]) for name in names}
    (spec,) = compile_feature_set(job.features, job.events).trackers
    answers = np.empty((len(sample), 3))
    for shop in set(found["shop"]):
        own = found["shop"] == shop
        answers[own] = spec.settings.start(1).follow(found["time"][own], found["demand"][own][:, None])
    return {**found, **dict(zip(spec.columns, answers.T, strict=True))}


@pytest.fixture(scope="module")
def scores(columns: dict[str, np.ndarray[Any, Any]]) -> Scores:
    job = load_settings(default_config("forecasting"), environ={}).job
    assert job is not None
    features = compile_feature_set(job.features, job.events)
    spec, file = open_registry("package:models").resolve("shop-demand", "1.0.0")
    assert spec.feature_columns == features.columns
    assert spec.feature_set_hash == features.hash
    model = load_model(spec, file)
    try:
        return model.predict(Inputs(np.ascontiguousarray(features.transform(columns)), {}))
    finally:
        model.close()


def test_errors_are_less_than_those_of_the_week_before_and_of_the_series_alone(
    scores: Scores, columns: dict[str, np.ndarray[Any, Any]]
) -> None:
    truth, naive = columns["demand_ahead"], columns["naive"]
    series = columns["seasonal_forecast"]
    known = np.isfinite(naive) & np.isfinite(series)
    sizes = [np.abs(own - truth)[known].mean() for own in (scores.prediction, series, naive)]
    assert sizes[0] < 0.8 * sizes[1]
    assert sizes[0] < 0.75 * sizes[2]


def test_intervals_hold_about_as_many_truths_as_they_say(
    scores: Scores, columns: dict[str, np.ndarray[Any, Any]]
) -> None:
    assert scores.scores is not None
    lower, upper = scores.scores.T
    truth = columns["demand_ahead"]
    assert ((lower <= truth) & (truth <= upper)).mean() == pytest.approx(0.8, abs=0.07)
    assert (lower <= upper).all()


def test_first_week_is_forecast_from_the_day_before(scores: Scores, columns: dict[str, np.ndarray[Any, Any]]) -> None:
    is_first = np.isnan(columns["seasonal_forecast"])
    ratio = scores.prediction[is_first] / np.maximum(columns["demand"][is_first], 1.0)
    assert is_first.sum() == 8 * 167
    assert 0.5 < np.median(ratio) < 1.5


def test_sample_is_drawn_by_the_law(sample: list[dict[str, Any]]) -> None:
    assert sample == list(as_rows(draw_demand(DemandSettings(seed=2))))


def test_truth_and_baseline_are_rows_of_the_same_shop(sample: list[dict[str, Any]]) -> None:
    by_hour = {(row["shop"], row["time"] // 3_600_000): row["demand"] for row in sample}
    day, week = 24, 168
    for row in sample[-200 * 8 :: 7]:
        hour = row["time"] // 3_600_000
        assert row["naive"] == by_hour[row["shop"], hour + day - week]
        assert by_hour.get((row["shop"], hour + day), row["demand_ahead"]) == row["demand_ahead"]
