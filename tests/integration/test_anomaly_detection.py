"""The anomaly-detection job as `gress run` runs it, on the first rows of its sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.catalogue import default_config
from state.trackers.half_space_trees import HalfSpaceTreesSettings
from state.trackers.robust_z import RobustZSettings
from tests.support.job_runs import JobRun, run_job
from tests.support.samples import first_rows

ROWS = 1_600
READINGS = ("temperature", "vibration", "pressure", "current")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return first_rows("anomaly-detection", ROWS)


@pytest.fixture(scope="module")
def source(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("anomaly") / "readings.jsonl"
    late = {**rows[0], "reading": -1}
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, late]), encoding="utf-8")
    return path


def _run(source: Path, profile: str) -> JobRun:
    overrides = ["job.sink.fields=[temperature, river, river_by_machine]", f"execution.profile={profile}"]
    config, output = default_config("anomaly-detection"), source.parent / profile
    return run_job(config, source, output, overrides=overrides, job="anomaly-detection")


@pytest.fixture(scope="module")
def run(source: Path) -> JobRun:
    return _run(source, "throughput")


def test_parts_are_those_of_the_trackers_over_each_key(run: JobRun, rows: list[dict[str, Any]]) -> None:
    found = run.predictions.set_index("event_id").loc[range(ROWS)]
    scores = np.stack(found["scores"])
    values = np.array([[row[name] for name in READINGS] for row in rows])
    machines = np.array([row["machine"] for row in rows])
    furthest = np.zeros(ROWS)
    for machine in set(machines):
        own = machines == machine
        z = RobustZSettings().start(len(READINGS)).follow(np.arange(own.sum()), values[own])
        furthest[own] = np.nan_to_num(np.abs(z)).max(axis=1)
    trees = np.nan_to_num(HalfSpaceTreesSettings().start(len(READINGS)).follow(np.arange(ROWS), values)[:, 0])
    # The parts are on a scale of the model's own, which bends at 0.
    for part, wanted in ((0, trees), (2, furthest)):
        is_over = scores[:, part] > 0
        assert is_over.sum() > ROWS / 10
        slope, start = np.polyfit(wanted[is_over], scores[is_over, part], 1)
        np.testing.assert_allclose(scores[:, part], np.maximum(0, slope * wanted + start), atol=1e-4)
    np.testing.assert_allclose(found["prediction"], scores.mean(axis=1), rtol=1e-5)


def test_label_names_the_detector_that_finds_a_row_oddest(run: JobRun) -> None:
    names = np.array(["half_space_trees", "autoencoder", "robust_z"])
    scores = np.stack(run.predictions["scores"])
    assert run.predictions["label"].tolist() == names[scores.argmax(axis=1)].tolist()


def test_figures_are_better_than_both_baselines(run: JobRun) -> None:
    for figures in run.summary.evaluation.values():
        assert len(figures) == 3
        assert figures["model"] == max(figures.values())


def test_a_row_behind_the_watermark_is_a_dead_letter(run: JobRun) -> None:
    assert run.summary.reasons == {"late": 1}
    assert run.summary.adds_up


def test_latency_profile_gives_the_same_answers_figures_and_dead_letters(run: JobRun, source: Path) -> None:
    other = _run(source, "latency")
    found, wanted = (each.predictions.drop(columns="latency_us") for each in (other, run))
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-5, check_like=True)
    assert other.summary.evaluation == run.summary.evaluation
    assert other.summary.reasons == run.summary.reasons
