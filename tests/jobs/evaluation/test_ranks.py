"""Figures of recommendations: the rank of the truth among the best classes, beside the ranks that baselines give it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, top_k_accuracy_score

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.evaluation.evaluate import evaluate

ITEMS, ROWS, TOP = 30, 40, 10
_RNG = np.random.default_rng(6)
_SCORES = {name: _RNG.permuted(np.tile(np.arange(ITEMS) / 1000, (ROWS, 1)), axis=1) for name in ("own", "a", "b")}
_TRUTH = np.append(np.arange(ITEMS), np.arange(ROWS - ITEMS))


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("recommendations"), environ={}).job
    assert found is not None
    assert found.sink.top_classes == TOP
    return found


def rank(name: str, row: int) -> int:
    return 1 + int((_SCORES[name][row] > _SCORES[name][row, _TRUTH[row]]).sum())


def rows() -> list[dict[str, Any]]:
    best = np.argsort(-_SCORES["own"], axis=1)[:, :TOP]
    return [
        {
            "event_id": row,
            "prediction": 0.5,
            "truth": int(_TRUTH[row]),
            "top_classes": json.dumps([[str(item), _SCORES["own"][row, item]] for item in best[row].tolist()]),
            "item": 3,
            "popular_rank": rank("a", row),
            "item_item_rank": rank("b", row),
        }
        for row in range(ROWS)
    ]


def write(folder: Path, found: list[dict[str, Any]]) -> Path:
    (folder / "predictions").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in found)
    (folder / "predictions" / "part-0").write_text(text, encoding="utf-8")
    return folder


def test_figures_are_those_of_scikit_learn(job: JobSettings, tmp_path: Path) -> None:
    found = evaluate(write(tmp_path, rows()), job)
    names = {"model": "own", "popularity": "a", "item-item": "b"}
    relevant = np.eye(ITEMS)[_TRUTH]
    for whose, name in names.items():
        scores = _SCORES[name]
        recalled = top_k_accuracy_score(_TRUTH, scores, k=TOP, labels=np.arange(ITEMS))
        assert found["recall"][whose] == pytest.approx(recalled, abs=1e-6)
        assert found["ndcg"][whose] == pytest.approx(ndcg_score(relevant, scores, k=TOP), abs=1e-6)
    assert list(found) == ["recall", "ndcg"]


def test_only_rows_with_the_item_left_out_are_judged(job: JobSettings, tmp_path: Path) -> None:
    found = rows()
    for row in found[5:]:
        del row["truth"]
    wanted = np.mean([rank("own", row) <= TOP for row in range(5)])
    assert evaluate(write(tmp_path, found), job)["recall"]["model"] == pytest.approx(wanted)


def test_a_row_without_classes_recalls_nothing(job: JobSettings, tmp_path: Path) -> None:
    found = [{name: value for name, value in row.items() if name != "top_classes"} for row in rows()]
    figures = evaluate(write(tmp_path, found), job)
    assert figures["recall"]["model"] == figures["ndcg"]["model"] == 0
    assert figures["recall"]["popularity"] > 0
