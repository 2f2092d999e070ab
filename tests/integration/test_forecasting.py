"""The forecasting job as `gress run` runs it, on the first weeks of its sample."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import gress
from jobs.catalogue import default_config
from state.trackers.seasonal import SeasonalSettings
from tests.support.job_runs import JobRun, run_job
from tests.support.samples import first_rows

ROWS = 8 * 24 * 10
SERIES = SeasonalSettings(3_600_000, 168, 24, level=0.005, trend=0.0, season=0.2)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return first_rows("forecasting", ROWS)


@pytest.fixture(scope="module")
def run(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    source = tmp_path_factory.mktemp("forecasting") / "demand.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return run_job(default_config("forecasting"), source, source.parent / "out", job="forecasting")


def test_forecasts_are_the_model_s_on_each_shop_s_own_series(run: JobRun, rows: list[dict[str, Any]]) -> None:
    assert run.summary.predictions == ROWS
    shops = np.array([row["shop"] for row in rows])
    for shop in ("s00", "s05"):
        places = np.flatnonzero(shops == shop)
        own = [rows[place] for place in places]
        times = np.array([row["time"] for row in own])
        demand = np.array([[row["demand"]] for row in own])
        answers = SERIES.start(1).follow(times, demand)
        columns = dict(zip(("seasonal_forecast", "seasonal_scale", "seasonal_error"), answers.T.tolist(), strict=True))
        scored = [{**row, **{name: values[i] for name, values in columns.items()}} for i, row in enumerate(own)]
        with gress.Scorer.open("package:models", "shop-demand", config="forecasting") as scorer:
            wanted = scorer.score(scored).prediction
        found = run.predictions.set_index("event_id").loc[places, "forecast"]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_forecasts_lie_in_their_intervals_and_beat_the_week_before(run: JobRun) -> None:
    ends = np.stack(run.predictions["scores"])
    forecast = run.predictions["forecast"]
    assert ((ends[:, 0] <= forecast) & (forecast <= ends[:, 1])).mean() > 0.99
    assert run.summary.evaluation["mase"]["model"] < run.summary.evaluation["mase"]["seasonal naive"] == 1.0
    assert 0.6 < run.summary.evaluation["coverage"]["model"] < 0.95
