"""The sentiment job as `gress run` runs it: both models, both profiles, odd texts among the sample."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

import gress
from jobs.catalogue import default_config, sample_input
from tests.support.job_runs import JobRun, run_job

ODD = ("", " ", "😀👍🏽👨‍👩‍👧", "Отличный 最高の رائع movie!", 'no "quotes" \\ or\nlines?')


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    with gzip.open(sample_input("sentiment"), "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for _, line in zip(range(200), lines, strict=False)]
    odd = [{"id": -1 - at, "time": 1_767_225_600_000, "review": text} for at, text in enumerate(ODD)]
    return [*odd, *found]


@pytest.fixture(scope="module")
def source(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sentiment") / "reviews.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _run(source: Path, model: str, profile: str) -> JobRun:
    overrides = [f"job.inference.model_name={model}", f"execution.profile={profile}", "execution.parallelism=1"]
    return run_job(default_config("sentiment"), source, source.parent / model, overrides=overrides, job="sentiment")


@pytest.mark.parametrize(
    ("model", "profile"), [("sentiment", "throughput"), ("sentiment-small", "latency")], ids=["onnx", "tflite"]
)
def test_run_scores_every_text_and_beats_the_lexicon(
    model: str, profile: str, rows: list[dict[str, Any]], source: Path
) -> None:
    run = _run(source, model, profile)
    assert run.summary.adds_up
    assert run.summary.dead_letters == 0
    found = run.predictions.set_index("event_id")
    assert found.loc[[-1 - at for at in range(len(ODD))], "review"].tolist() == list(ODD)
    with gress.Scorer.open("package:models", model, config="sentiment") as scorer:
        wanted = scorer.score(rows).prediction
    np.testing.assert_allclose(found.loc[[row["id"] for row in rows], "prediction"], wanted, rtol=1e-5)
    judged = rows[len(ODD) :]
    truth = [row["positive"] for row in judged]
    scores = wanted[len(ODD) :]
    figures = run.summary.evaluation["accuracy"]
    assert figures["model"] == pytest.approx(accuracy_score(truth, scores > 0.5), abs=1e-6)
    assert figures["VADER lexicon"] == pytest.approx(
        accuracy_score(truth, [row["vader"] > 0 for row in judged]), abs=1e-6
    )
    assert figures["model"] > figures["VADER lexicon"]
