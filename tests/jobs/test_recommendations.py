"""The recommendation job's sample and model, without Flink."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config, sample_input
from models.registry import open_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.outputs import Scores
from models.training.sessions.shop_visits import GAP_MS, REMEMBERED, VisitSettings, as_rows, draw_visits
from udfs.features.feature_set import compile_feature_set


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("recommendations"), environ={}).job
    assert found is not None
    return found


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    path = sample_input("recommendations")
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def scores(job: JobSettings, sample: list[dict[str, Any]]) -> Scores:
    features = compile_feature_set(job.features, job.events)
    (tracker,) = features.trackers
    visitors, times, items = (np.array([row[name] for row in sample]) for name in ("visitor", "time", "item"))
    found = np.empty((len(sample), len(tracker.columns)))
    for visitor in set(visitors):
        own = visitors == visitor
        found[own] = tracker.settings.start(1).follow(times[own], items[own][:, None].astype(float))
    spec, file = open_registry("package:models").resolve("shop-recommender", "1.0.0")
    assert spec.feature_columns == features.columns
    assert spec.feature_set_hash == features.hash
    model = load_model(spec, file)
    try:
        return model.predict(Inputs(features.transform(dict(zip(tracker.columns, found.T, strict=True))), {}))
    finally:
        model.close()


def test_more_items_left_out_are_among_the_ten_than_among_those_of_the_baselines(
    scores: Scores, sample: list[dict[str, Any]]
) -> None:
    assert scores.scores is not None
    judged = [row for row, event in enumerate(sample) if "next_item" in event]
    truth = np.array([sample[row]["next_item"] for row in judged])
    own = scores.scores[judged]
    ranks = 1 + (own > own[np.arange(len(own)), truth][:, None]).sum(axis=1)
    others = [np.array([sample[row][name] for row in judged]) for name in ("popular_rank", "item_item_rank")]
    recalled = [float((each <= 10).mean()) for each in (ranks, *others)]
    assert recalled[0] > 0.55
    assert recalled[0] > max(recalled[1:]) + 0.08
    assert len(judged) == 1_500


def test_label_is_the_best_item_and_none_that_the_visit_has_just_had(
    scores: Scores, sample: list[dict[str, Any]]
) -> None:
    assert scores.scores is not None
    assert scores.label is not None
    assert scores.label.tolist() == list(map(str, scores.scores.argmax(axis=1)))
    assert all(int(label) != row["item"] for label, row in zip(scores.label, sample, strict=True))


def test_sample_is_drawn_by_the_law(sample: list[dict[str, Any]]) -> None:
    drawn = list(as_rows(draw_visits(VisitSettings(seed=2))))
    ranks = ("popular_rank", "item_item_rank")
    assert [{name: value for name, value in row.items() if name not in ranks} for row in sample] == drawn
    assert all(("next_item" in row) == all(name in row for name in ranks) for row in sample)


def test_job_remembers_a_visit_as_the_law_makes_it(job: JobSettings) -> None:
    (spec,) = compile_feature_set(job.features, job.events).trackers
    assert spec.settings == type(spec.settings)(REMEMBERED, GAP_MS)  # type: ignore[call-arg]
