"""The page as text: every part there or its absence said, every number right, nothing from a row becomes markup."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from gress.report.page import render, write_report
from jobs.errors import JobError
from tests.gress.report.page_parts import MARKUP, PageParts, parse
from tests.gress.report.runs import (
    dead_letters,
    drift_change,
    drift_window,
    labelled_predictions,
    prediction,
    write_full_run,
    write_run,
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> PageParts:
    run = tmp_path_factory.mktemp("full")
    write_full_run(run)
    return parse(render(run))


def _panel_text(parts: PageParts, title: str) -> str:
    return parts.text[parts.text.index(title) :][:300]


def test_run_with_everything_shows_every_plot(full: PageParts) -> None:
    assert [*full.figures] == [
        "throughput", "versions", "scores", "scores_by_truth", "latency", "roc", "precision_recall", "calibration",
        "drift_0", "drift_quality", "dead_letters",
    ]  # fmt: skip
    drawn = [attributes["data-figure"] for _, attributes in full.tags if "data-figure" in attributes]
    assert drawn == [*full.figures]
    for figure in full.figures.values():
        assert figure["data"]
        assert figure["layout"]["xaxis"]["title"]["text"]


def test_head_figures_are_those_of_the_summary(tmp_path: Path) -> None:
    rows = labelled_predictions(1500)
    summary = write_run(tmp_path, predictions=rows, alerts=rows[:30], dead_letters=dead_letters(late=3))
    text = parse(render(tmp_path)).text
    assert "Adds up: 1,503 events = 1,500 predictions + 3 dead letters." in text
    assert "alerts 30 2.00% of predictions" in text
    assert f"AUC ROC {summary.auc_roc:.4f}" in text
    assert f"average precision {summary.average_precision:.4f}" in text
    assert f"batch scored in, p99 {summary.latency_us['p99'] / 1000:.3g} ms" in text
    assert "rows/s 120 in 12.5 s" in text
    assert "event time 2018-04-01 00:00:00 to 2018-04-11 09:50:00 UTC" in text


def test_figures_of_baselines_stand_beside_those_of_the_model(tmp_path: Path) -> None:
    summary = write_run(tmp_path, predictions=labelled_predictions(50))
    figures = {"accuracy": {"model": 0.75, "lexicon": 0.5, "chance": 0.4}, "auc_roc": {"model": 0.8, "lexicon": 0.6}}
    replace(summary, evaluation=figures).write(tmp_path / "summary.json")
    text = parse(render(tmp_path)).text
    assert "accuracy 0.7500 lexicon 0.5000, chance 0.4000" in text
    assert "AUC ROC 0.8000 lexicon 0.6000" in text


def test_run_that_does_not_add_up_says_so(tmp_path: Path) -> None:
    write_run(tmp_path, predictions=labelled_predictions(20))
    path = tmp_path / "summary.json"
    path.write_text(path.read_text().replace('"events": 20', '"events": 23'))
    assert "Does not add up: 23 events, but 20 predictions + 0 dead letters: 3 rows too few." in render(tmp_path)


def test_folder_changed_after_the_run_says_so(tmp_path: Path) -> None:
    write_run(tmp_path, predictions=labelled_predictions(20))
    (tmp_path / "predictions" / "part-1-0").unlink()
    assert "summary.json counts 20 predictions, this folder holds 10" in render(tmp_path)


def test_histograms_count_every_row(full: PageParts) -> None:
    rows = labelled_predictions(900)
    latency = np.array([row["latency_us"] for row in rows])
    bars, *lines = full.figures["latency"]["data"]
    assert sum(bars["y"]) == 900
    for line, value in zip(lines, np.percentile(latency, [50, 95, 99]), strict=True):
        assert line["x"] == pytest.approx([value, value], rel=1e-5)
        assert line["name"].endswith(f"= {value / 1000:.3g} ms")
    assert sum(sum(trace["y"]) for trace in full.figures["versions"]["data"]) == 900
    groups = {trace["name"]: sum(trace["customdata"]) for trace in full.figures["scores"]["data"]}
    assert groups == {"control (600)": 600, "treatment (300)": 300}
    positives = sum(row.get("truth") == 1 for row in rows)
    assert sum(full.figures["scores_by_truth"]["data"][1]["customdata"]) == positives


def test_throughput_is_rows_by_second(full: PageParts) -> None:
    rate, mean = full.figures["throughput"]["data"]
    assert rate["x"] == list(range(1, 13))
    assert rate["y"] == [75] * 12
    assert mean["name"] == "mean of the run: 74 rows/s"


def test_last_look_right_after_another_is_no_rate_of_its_own(tmp_path: Path) -> None:
    points = [(1.0, 100), (2.0, 200), (3.0, 300), (3.1, 301)]
    timeline = [{"seconds": s, "rows": rows, "alerts": 0, "dead_letters": 0} for s, rows in points]
    write_run(tmp_path, predictions=labelled_predictions(20), timeline=timeline)
    rate = parse(render(tmp_path)).figures["throughput"]["data"][0]
    assert rate["x"] == [1, 2, 3.1]
    assert rate["y"] == pytest.approx([100, 100, 101 / 1.1], rel=1e-5)


def test_dead_letters_are_counted_by_reason(full: PageParts) -> None:
    bars = full.figures["dead_letters"]
    assert bars["data"][0]["x"] == [20, 5, 1]
    assert bars["layout"]["yaxis"]["ticktext"] == ["malformed", "late", "wrong_type"]
    assert 'malformed 0 {"row": 0}' in full.text


def test_alerts_are_those_with_the_highest_scores(full: PageParts) -> None:
    top = sorted(labelled_predictions(900), key=lambda row: -row["prediction"])[:25]
    table = full.text[full.text.index("Alerts with the highest scores") :]
    assert re.findall(r"tx-\d+", table) == [row["event_id"] for row in top]
    assert "event event time (UTC) key score model version variant truth" in table


def test_run_without_labels_says_so_in_a_line(tmp_path: Path) -> None:
    write_run(tmp_path, predictions=[prediction(i) for i in range(50)], alerts=[])
    parts = parse(render(tmp_path))
    assert [*parts.figures] == ["versions", "scores", "latency"]
    assert "ROC, precision and recall, calibration No prediction of this run has a label (truth)." in parts.text
    assert "Throughput over the run This run kept no timeline.jsonl." in parts.text
    assert "Drift by feature Drift was not watched in this run: it has no drift/." in parts.text
    assert "Dead letters by reason None: every event became a prediction." in parts.text
    assert "No score was over the threshold." in parts.text
    assert "AUC ROC" not in parts.text


@pytest.mark.parametrize(
    ("truth", "reason"),
    [([1.0, 1.0], "All labels of this run are 1: both 0 and 1 are needed."),
     ([0.0, 3.5], "truth holds more than the labels 0 and 1.")],
    ids=["one kind", "no classes"],
)  # fmt: skip
def test_labels_that_curves_cannot_use_are_named(tmp_path: Path, truth: list[float], reason: str) -> None:
    write_run(tmp_path, predictions=[prediction(i, truth=truth[i % 2]) for i in range(20)])
    parts = parse(render(tmp_path))
    assert reason in parts.text
    assert not {"roc", "precision_recall", "calibration"} & {*parts.figures}


def test_scores_that_are_no_probabilities_have_no_calibration(tmp_path: Path) -> None:
    write_run(tmp_path, predictions=[prediction(i, prediction=2.5 * i, truth=float(i % 2)) for i in range(20)])
    parts = parse(render(tmp_path))
    assert "Scores of this run go beyond 0 to 1" in parts.text
    assert "calibration" not in parts.figures
    assert "roc" in parts.figures


def test_empty_run_has_a_page(tmp_path: Path) -> None:
    write_run(tmp_path)
    parts = parse(render(tmp_path))
    assert parts.figures == {}
    assert "Adds up: 0 events = 0 predictions + 0 dead letters." in parts.text
    assert "Predictions This folder holds no predictions." in parts.text


def test_run_with_dead_letters_only_has_a_page(tmp_path: Path) -> None:
    write_run(tmp_path, dead_letters=dead_letters(malformed=4))
    parts = parse(render(tmp_path))
    assert [*parts.figures] == ["dead_letters"]


def test_rows_that_went_to_kafka_are_said_to_be_elsewhere(tmp_path: Path) -> None:
    figures = {"job": "j", "events": 9, "predictions": 6, "alerts": 2, "dead_letters": 3, "seconds": 1, "rows_per_s": 9}
    figures |= {"start_s": 0.5, "rows_per_s_from_first": 18}
    (tmp_path / "summary.json").write_text(json.dumps(figures))
    text = parse(render(tmp_path)).text
    assert "This folder holds no predictions. They went elsewhere, as to Kafka." in text
    assert "3 dead letters went elsewhere than this folder." in text
    assert "rows/s 9 in 1.0 s, start included; 18 from the first row" in text
    assert "This folder holds no alerts: they went elsewhere, as to Kafka." in text


def test_parquet_output_gives_the_same_page(tmp_path: Path) -> None:
    rows = labelled_predictions(60)
    pages = []
    for is_parquet in (False, True):
        run = tmp_path / str(is_parquet)
        write_run(run, predictions=rows, alerts=rows[:9], dead_letters=dead_letters(late=2), is_parquet=is_parquet)
        pages.append(render(run))
    assert not (tmp_path / "True" / "predictions").exists()
    assert pages[0] == pages[1]


def test_no_text_of_a_run_becomes_markup(tmp_path: Path) -> None:
    row = prediction(1, event_id=MARKUP, key=MARKUP, version=MARKUP, variant=MARKUP, model=MARKUP, feature_set=MARKUP,
                     prediction=0.99, truth=1.0)  # fmt: skip
    rows = [row, row | {"version": "2", "variant": "b", "truth": 0.0}, row | {"prediction": 0.1, "truth": 0.0}]
    letters = [{"reason": MARKUP, "category": MARKUP, "error": MARKUP, "value": MARKUP}]
    drift = [drift_window(0, {MARKUP: 0.9}, model=MARKUP, version=version) for version in (MARKUP, "2")]
    write_run(tmp_path, predictions=rows, alerts=rows, dead_letters=letters, drift=drift)
    page = render(tmp_path, MARKUP)
    parts = parse(page)
    tags = [tag for tag, _ in parts.tags]
    assert tags.count("script") == 3
    assert "img" not in tags
    assert not [name for _, attributes in parts.tags for name in attributes if name.startswith("on")]
    assert parts.text.count("window.hit=1</script>") > 20
    assert "49" not in parts.text
    assert not {"<", ">", "&", "\u2028"} & {*parts.scripts[0]}
    shown = json.dumps(parts.figures, ensure_ascii=False)
    assert "<script" not in shown
    assert "<img" not in shown


def test_page_names_no_address_and_lets_nothing_in(full: PageParts) -> None:
    assert not [attributes for _, attributes in full.tags if {"src", "href", "srcset"} & {*attributes}]
    (policy,) = (a["content"] or "" for tag, a in full.tags if tag == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src" not in policy
    plotly = gzip.decompress(base64.b64decode(full.scripts[1]))
    assert plotly.decode() == get_plotlyjs()
    for script in (plotly, full.scripts[2].encode()):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" in policy


def test_changes_have_a_plot_of_their_own_beside_the_windows(tmp_path: Path) -> None:
    changes = [drift_change(9, "amount"), drift_change(5, "amount"), drift_change(7, MARKUP, version="3.0.0")]
    drift = [drift_window(0, {"amount": 0.9}), *changes, drift_window(1, {"amount": 0.8})]
    write_run(tmp_path, predictions=labelled_predictions(100), drift=drift)
    figures = parse(render(tmp_path)).figures
    (windows, *_) = figures["drift_0"]["data"]
    assert windows["z"] == [[0.9, 0.8]]
    first, second = figures["drift_changes"]["data"]
    assert first["x"] == ["2018-04-01 00:05:00", "2018-04-01 00:09:00"]
    assert first["y"] == ["amount", "amount"]
    assert first["customdata"][0] == ["adwin", -0.25, 0.7, 640]
    assert (first["name"], second["name"]) == ("fraud 1.0.0", "fraud 3.0.0")
    assert "<" not in second["y"][0]


def test_page_stays_small(tmp_path: Path) -> None:
    names = [f"A_FEATURE_WITH_A_RATHER_LONG_NAME_{index:02d}" for index in range(60)]
    drift = [drift_window(index, dict.fromkeys(names, 0.123456)) for index in range(400)]
    write_run(tmp_path, predictions=labelled_predictions(5_000), drift=drift)
    page = render(tmp_path)
    assert len(page.encode()) < 3_000_000
    figures = parse(page).figures
    assert max(len(trace["x"]) for name in ("roc", "precision_recall") for trace in figures[name]["data"]) <= 500
    assert len(figures["drift_0"]["data"][0]["z"]) == 30


def test_page_is_the_same_each_time(tmp_path: Path) -> None:
    write_full_run(tmp_path, 100)
    assert render(tmp_path) == render(tmp_path)


@pytest.mark.parametrize("library", ["plotly", "jinja2"])
def test_missing_library_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    write_run(tmp_path)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(JobError, match=rf"{library}.*not installed; pip install 'gress-ml\[report\]'"):
        write_report(tmp_path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
