from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from jobs.run_folder.row_counts import Counts
from jobs.run_folder.summary import Summary, summarise, summary_of_counts
from tests.jobs.run_folder.parts import WriteParts

_RNG = np.random.default_rng(0)
_SCORES = _RNG.random(41).round(3)
_TRUTH = (_RNG.random(41) < 0.3).astype(float)


def _predictions(**changed: object) -> list[dict[str, object]]:
    return [
        {
            "event_id": str(row),
            "prediction": score,
            "model": "fraud",
            "version": "2.0.0" if row < 30 else "1.0.0",
            "feature_set": "abc",
            "latency_us": 100 * row,
            "truth": truth,
        }
        | changed
        for row, (score, truth) in enumerate(zip(_SCORES.tolist(), _TRUTH.tolist(), strict=True))
    ]


def _without_truth(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "truth"} for row in rows]


def _summarise(folder: Path, events: int = 44, seconds: float = 2.0, **more: str) -> Summary:
    return summarise(folder, job="j", events=events, seconds=seconds, **more)


def test_run_is_counted_from_its_folders(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _predictions())
    write_parts("alerts", _predictions()[:5])
    write_parts("dead_letters", [{"reason": "late"}, {"reason": "malformed"}, {"reason": "late"}])
    found = _summarise(tmp_path)
    assert (found.predictions, found.alerts, found.dead_letters) == (41, 5, 3)
    assert found.reasons == {"late": 2, "malformed": 1}
    assert found.versions == {"2.0.0": 30, "1.0.0": 11}
    assert (found.model, found.version, found.feature_set) == ("fraud", "2.0.0", "abc")
    assert found.rows_per_s == 22.0
    assert found.adds_up


def test_percentiles_are_those_of_numpy(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _predictions())
    p50, p95, p99 = np.percentile(100 * np.arange(41), [50, 95, 99]).round(1)
    assert _summarise(tmp_path).latency_us == {"p50": p50, "p95": p95, "p99": p99}


def test_quality_is_that_of_scikit_learn(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _predictions())
    found = _summarise(tmp_path)
    assert found.auc_roc == pytest.approx(roc_auc_score(_TRUTH, _SCORES), abs=1e-6)
    assert found.average_precision == pytest.approx(average_precision_score(_TRUTH, _SCORES), abs=1e-6)


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_labels_of_one_kind_say_nothing_of_quality(
    truth: float, tmp_path: Path, write_parts: WriteParts
) -> None:
    write_parts("predictions", _predictions(truth=truth))
    assert _summarise(tmp_path).auc_roc is None


def test_rows_without_a_label_are_left_out_of_the_quality(tmp_path: Path, write_parts: WriteParts) -> None:
    rows = _predictions()
    write_parts("predictions", [*rows[:30], *_without_truth(rows[30:])])
    assert _summarise(tmp_path).auc_roc == pytest.approx(roc_auc_score(_TRUTH[:30], _SCORES[:30]), abs=1e-6)


def test_run_without_labels_has_no_quality(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _without_truth(_predictions()))
    found = _summarise(tmp_path)
    found.write(tmp_path / "summary.json")
    assert found.predictions == 41
    assert "auc_roc" not in json.loads((tmp_path / "summary.json").read_text("utf-8"))


def test_score_is_found_under_the_name_it_was_given(tmp_path: Path, write_parts: WriteParts) -> None:
    rows = [{**row, "risk": row["prediction"]} for row in _predictions(prediction=0.0)]
    for row, score in zip(rows, _SCORES.tolist(), strict=True):
        row["risk"] = score
    write_parts("predictions", rows)
    found = _summarise(tmp_path, output_field="risk")
    assert found.auc_roc == pytest.approx(roc_auc_score(_TRUTH, _SCORES), abs=1e-6)


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_run_of_nothing_has_a_summary(seconds: float, tmp_path: Path) -> None:
    found = _summarise(tmp_path, events=0, seconds=seconds)
    assert (found.predictions, found.alerts, found.dead_letters, found.rows_per_s) == (0, 0, 0, 0.0)
    assert (found.model, found.version, found.latency_us) == (None, None, {})
    assert found.adds_up


def test_lost_row_shows(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _predictions())
    assert not _summarise(tmp_path, events=42).adds_up


def test_figures_are_written_as_json(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", _predictions())
    found = _summarise(tmp_path, events=41)
    found.write(tmp_path / "summary.json")
    written = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert set(written) >= {
        "events",
        "predictions",
        "alerts",
        "dead_letters",
        "rows_per_s",
        "model",
        "version",
    }
    assert (written["events"], written["auc_roc"]) == (41, found.auc_roc)


def test_rates_of_a_run_that_goes_on_are_its_own() -> None:
    counts = Counts(rows=700, alerts=5, dead_letters=100, seconds=20.0, start_s=10.0, rows_before=500, predictions=600)
    found = summary_of_counts(counts, job="j", reasons={"late": 100})
    assert (found.events, found.predictions, found.alerts, found.dead_letters) == (700, 600, 5, 100)
    assert (found.seconds, found.start_s, found.rows_per_s, found.rows_per_s_from_first) == (20, 10, 10, 20)
    assert found.reasons == {"late": 100}


@pytest.mark.parametrize(
    ("predictions", "reasons", "hint"),
    [
        (0, {"late": 9}, "every row was late: behind the watermark. A run that goes on from a state"),
        (3, {"late": 6, "malformed": 1}, "most rows were late"),
        (0, {"malformed": 9}, "no row has a prediction; each dead letter says why"),
        (8, {"late": 1}, ""),
        (0, {}, ""),
    ],
    ids=["all late", "most late", "all malformed", "few late", "no row"],
)
def test_rows_without_predictions_get_a_hint(predictions: int, reasons: dict[str, int], hint: str) -> None:
    letters = sum(reasons.values())
    counts = Counts(predictions + letters, 0, letters, 1.0, predictions=predictions)
    found = summary_of_counts(counts, job="j", reasons=reasons).hint
    assert found.startswith(hint)
    assert bool(found) == bool(hint)
