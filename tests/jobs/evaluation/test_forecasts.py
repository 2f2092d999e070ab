"""Figures of forecasts: errors by those of a baseline, and the share of truths within intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.evaluation.evaluate import evaluate

_RNG = np.random.default_rng(8)
_TRUTH = _RNG.normal(100, 10, 80).round(1)
_FORECAST = (_TRUTH + _RNG.normal(0, 3, 80)).round(1)
_NAIVE = (_TRUTH + _RNG.normal(0, 8, 80)).round(1)


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("forecasting"), environ={}).job
    assert found is not None
    return found


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "event_id": row,
            "forecast": forecast,
            "scores": [forecast - 4, forecast + 4],
            "truth": truth,
            "time_ahead": "2026-03-02T00:00:00Z",
            "demand": 1.0,
            "naive": naive,
        }
        for row, (truth, forecast, naive) in enumerate(
            zip(_TRUTH.tolist(), _FORECAST.tolist(), _NAIVE.tolist(), strict=True)
        )
    ]


def _write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    (folder / "predictions").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "predictions" / "part-0").write_text(text, encoding="utf-8")
    return folder


def test_mase_is_the_error_over_that_of_the_first_baseline(job: JobSettings, tmp_path: Path) -> None:
    found = evaluate(_write(tmp_path, _rows()), job)["mase"]
    ratio = mean_absolute_error(_TRUTH, _FORECAST) / mean_absolute_error(_TRUTH, _NAIVE)
    assert found == {"model": pytest.approx(ratio, abs=1e-6), "seasonal naive": 1.0}


def test_coverage_is_the_share_of_truths_within_the_model_s_interval(job: JobSettings, tmp_path: Path) -> None:
    found = evaluate(_write(tmp_path, _rows()), job)["coverage"]
    assert found == {"model": pytest.approx(np.mean(np.abs(_TRUTH - _FORECAST) <= 4), abs=1e-6)}


def test_rows_without_an_interval_are_not_covered(job: JobSettings, tmp_path: Path) -> None:
    rows = [row | {"scores": None} for row in _rows()]
    assert evaluate(_write(tmp_path, rows), job)["coverage"] == {"model": 0.0}


def test_a_baseline_without_errors_leaves_mase_out(job: JobSettings, tmp_path: Path) -> None:
    rows = [row | {"naive": row["truth"]} for row in _rows()]
    assert list(evaluate(_write(tmp_path, rows), job)) == ["coverage"]
