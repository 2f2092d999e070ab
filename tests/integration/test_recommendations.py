"""The recommendation job as `gress run` runs it, on the first days of its sample."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import gress
from jobs.catalogue import default_config
from state.trackers.recent import RecentSettings
from tests.support.job_runs import JobRun, run_job
from tests.support.samples import first_rows

ROWS, MOST = 2_500, 10
COLUMNS = tuple(f"viewed_{place}" for place in range(1, 9))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return first_rows("recommendations", ROWS)


@pytest.fixture(scope="module")
def run(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    source = tmp_path_factory.mktemp("recommendations") / "views.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return run_job(default_config("recommendations"), source, source.parent / "out", job="recommendations")


def test_best_ten_are_those_of_the_model_on_each_visitor_s_own_visits(run: JobRun, rows: list[dict[str, Any]]) -> None:
    assert run.summary.predictions == ROWS
    visitors = np.array([row["visitor"] for row in rows])
    answers = np.empty((ROWS, len(COLUMNS)))
    for visitor in set(visitors):
        own = np.flatnonzero(visitors == visitor)
        times, items = (np.array([rows[place][name] for place in own]) for name in ("time", "item"))
        answers[own] = RecentSettings(8, 1_800_000).start(1).follow(times, items[:, None].astype(float))
    seen = [{**row, **dict(zip(COLUMNS, own, strict=True))} for row, own in zip(rows, answers.tolist(), strict=True)]
    with gress.Scorer.open("package:models", "shop-recommender", config="recommendations") as scorer:
        wanted = scorer.score(seen)
    assert wanted.scores is not None
    found = run.predictions.set_index("event_id").loc[range(ROWS)]
    np.testing.assert_allclose(found["prediction"], wanted.prediction, rtol=1e-4)
    assert "scores" not in found
    for place, text in enumerate(found["top_classes"]):
        names, scores = zip(*json.loads(text), strict=True)
        np.testing.assert_allclose(scores, np.sort(wanted.scores[place])[: -MOST - 1 : -1], rtol=1e-4)
        np.testing.assert_allclose(scores, wanted.scores[place, np.array(names, int)], rtol=1e-4)
    assert found["label"].tolist() == [json.loads(text)[0][0] for text in found["top_classes"]]


def test_more_items_left_out_are_recalled_than_by_either_baseline(run: JobRun) -> None:
    for measure in ("recall", "ndcg"):
        figures = run.summary.evaluation[measure]
        assert figures["model"] > 1.15 * figures["item-item"] > figures["popularity"]
