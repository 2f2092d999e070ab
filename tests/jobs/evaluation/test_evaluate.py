from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

from conf.experiments.evaluation import BaselineSettings, EvaluationSettings
from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.evaluation.evaluate import evaluate
from jobs.evaluation.measures import MEASURES

_RNG = np.random.default_rng(3)
_TRUTH = (_RNG.random(60) < 0.4).astype(int)
_SCORE = (0.3 * _TRUTH + 0.7 * _RNG.random(60)).round(2)
_VADER = (_TRUTH - 0.5 + _RNG.normal(0, 1, 60)).round(2)


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("sentiment"), environ={}).job
    assert found is not None
    return found


def _rows() -> list[dict[str, object]]:
    columns = zip(_SCORE.tolist(), _TRUTH.tolist(), _VADER.tolist(), strict=True)
    return [
        {"event_id": row, "prediction": score, "truth": truth, "review": "x", "vader": vader}
        for row, (score, truth, vader) in enumerate(columns)
    ]


def _write(folder: Path, rows: list[dict[str, object]]) -> Path:
    (folder / "predictions").mkdir()
    for part in range(2):
        text = "".join(json.dumps(row) + "\n" for row in rows[part::2])
        (folder / "predictions" / f"part-{part}").write_text(text, encoding="utf-8")
    return folder


def test_figures_are_those_of_scikit_learn(job: JobSettings, tmp_path: Path) -> None:
    found = evaluate(_write(tmp_path, _rows()), job)
    assert list(found) == ["accuracy", "auc_roc"]
    assert found["accuracy"] == pytest.approx(
        {
            "model": accuracy_score(_TRUTH, _SCORE > 0.5),
            "VADER lexicon": accuracy_score(_TRUTH, _VADER > 0),
        },
        abs=1e-6,
    )
    assert found["auc_roc"] == pytest.approx(
        {"model": roc_auc_score(_TRUTH, _SCORE), "VADER lexicon": roc_auc_score(_TRUTH, _VADER)}, abs=1e-6
    )


def test_all_answers_are_measured_on_the_rows_that_have_each(job: JobSettings, tmp_path: Path) -> None:
    rows = _rows()
    for row in rows[:10]:
        del row["vader"]
    for row in rows[10:20]:
        row["truth"] = None
    found = evaluate(_write(tmp_path, rows), job)
    assert found["accuracy"]["model"] == pytest.approx(accuracy_score(_TRUTH[20:], _SCORE[20:] > 0.5), abs=1e-6)


def test_measure_that_the_rows_cannot_tell_is_left_out(job: JobSettings, tmp_path: Path) -> None:
    rows = [row | {"truth": 1} for row in _rows()]
    assert list(evaluate(_write(tmp_path, rows), job)) == ["accuracy"]


def test_run_without_rows_has_no_figures(job: JobSettings, tmp_path: Path) -> None:
    assert evaluate(tmp_path, job) == {}


def test_job_that_asks_for_none_has_no_figures(job: JobSettings, tmp_path: Path) -> None:
    folder = _write(tmp_path, _rows())
    assert evaluate(folder, job.model_copy(update={"evaluation": None})) == {}


def test_score_may_have_another_name_and_a_baseline_another_kind(job: JobSettings, tmp_path: Path) -> None:
    settings = EvaluationSettings(
        measures=("average_precision",),
        baselines=(BaselineSettings(name="VADER", field="vader"), BaselineSettings(name="truth", field="positive")),
    )
    changed = job.model_copy(
        update={
            "inference": job.inference.model_copy(update={"output_field": "chance"}),
            "sink": job.sink.model_copy(update={"fields": ("vader", "positive")}),
            "evaluation": settings,
        }
    )
    rows = [row | {"chance": row["prediction"], "prediction": 0.0, "positive": row["truth"]} for row in _rows()]
    found = evaluate(_write(tmp_path, rows), changed)["average_precision"]
    wanted = {"model": _SCORE, "VADER": _VADER, "truth": _TRUTH}
    assert found == pytest.approx(
        {name: average_precision_score(_TRUTH, own) for name, own in wanted.items()}, abs=1e-6
    )


def test_every_measure_of_the_settings_is_in_the_table() -> None:
    names = EvaluationSettings.model_json_schema()["properties"]["measures"]["items"]["enum"]
    assert list(MEASURES) == names
