"""The page of a run that learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gress.report.figures.learning import learning_panels
from gress.report.learning_curve import learning_curve, marks
from gress.report.page import render
from jobs.run_folder.learning import read_learning
from tests.gress.report.page_parts import MARKUP, PageParts, parse
from tests.gress.report.runs import labelled_predictions, write_run
from tests.support.learning_slots import Line, keys_line, line, regression_line, write_learning


def page(run: Path, *lines: Line) -> PageParts:
    write_run(run, predictions=labelled_predictions(20))
    write_learning(run, list(lines))
    return parse(render(run))


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in figure["data"] if each.get("name") == name)
    return found


def test_run_that_does_not_learn_says_nothing_of_it(tmp_path: Path) -> None:
    write_run(tmp_path, predictions=labelled_predictions(20))
    assert "Online learning" not in parse(render(tmp_path)).text


def test_run_without_a_slot_says_so(tmp_path: Path) -> None:
    parts = page(tmp_path)
    assert "Online learning No slot of event time was over before the run ended." in parts.text
    assert not [name for name in parts.figures if name.startswith("learning")]


def test_learner_and_served_have_a_line_in_each_plot(tmp_path: Path) -> None:
    figures = page(tmp_path, *map(line, range(3))).figures
    assert [name for name in figures if name.startswith("learning")] == ["learning_0_auc_roc", "learning_0_log_loss"]
    auc, loss = figures["learning_0_auc_roc"], figures["learning_0_log_loss"]
    assert trace(auc, "learner")["x"] == ["2018-04-01 01:00:00", "2018-04-01 02:00:00", "2018-04-01 03:00:00"]
    assert trace(auc, "learner")["y"] == [0.75, 0.751, 0.752]
    assert trace(auc, "served")["y"] == [0.76] * 3
    assert trace(loss, "learner")["y"] == [0.5, 0.49, 0.48]
    assert trace(loss, "served")["y"] == [0.45] * 3
    low, high = auc["data"][:2]
    assert high["fill"] == "tonexty"
    assert [low["y"][0], high["y"][0]] == pytest.approx([0.746, 0.754])
    assert all("fill" not in each for each in loss["data"])


@pytest.mark.parametrize("measure", ["auc_roc", "log_loss"])
def test_plots_mark_what_happened(measure: str, tmp_path: Path) -> None:
    kept = {"promoted": False, "kept_because": "not better"}
    failed = {"version": None, "promoted": None, "problem": "disk full"}
    guard = {"looks": 9, "rolled_back": 2}
    lines = [line(0), line(1, **kept), line(2, **failed, drifts=1), line(3, guard=guard, drifts=1)]
    figure = page(tmp_path, *lines).figures[f"learning_0_{measure}"]
    lanes = {each["name"]: each for each in figure["data"] if each.get("yaxis") == "y2"}
    assert {name: [time[11:13] for time in lane["x"]] for name, lane in lanes.items()} == {
        "drift": ["03"], "rolled back": ["04"], "not published": ["03"], "published": ["02"], "promoted": ["01", "04"],
    }  # fmt: skip
    assert lanes["rolled back"]["customdata"] == ["2 since the slot before"]
    assert lanes["not published"]["customdata"] == ["disk full"]
    assert lanes["published"]["customdata"] == ["1.0.1 not better"]
    assert figure["layout"]["yaxis2"]["categoryarray"] == [*lanes]
    assert figure["layout"]["yaxis"]["domain"][0] > figure["layout"]["yaxis2"]["domain"][1]


def test_versions_have_a_table(tmp_path: Path) -> None:
    kept = line(1, promoted=False, kept_because="not better by 0.01")
    none = line(2, version=None, promoted=None, problem="no row was learnt", scores={})
    text = page(tmp_path, line(0), kept, none).text
    assert "So far: 2,400 rows learnt, 600 held out, 3 skipped, 0 of 30 looks rolled back." in text
    assert "rows learnt auc_roc of the learner auc_roc served 2018-04-01 01:00:00 1.0.0 promoted 800 0.7500" in text
    assert "1.0.1 published, not promoted: not better by 0.01 1,600 0.7510 0.7600" in text
    assert "2018-04-01 03:00:00 not published: no row was learnt 2,400 0.7600" in text


def test_table_of_very_many_versions_holds_the_last(tmp_path: Path) -> None:
    text = page(tmp_path, *map(line, range(40))).text
    assert "The last 25 of 40 slots with a version or a reason for none." in text
    assert "1.0.39 promoted" in text
    assert "1.0.15 promoted" in text
    assert "1.0.14 promoted" not in text


def test_one_slot_is_a_point_with_some_room(tmp_path: Path) -> None:
    figure = page(tmp_path, line(0)).figures["learning_0_auc_roc"]
    assert trace(figure, "learner")["mode"] == "lines+markers"
    first, last = figure["layout"]["xaxis"]["range"]
    assert first < "2018-04-01 01:00:00" < last


def test_regression_has_its_errors(tmp_path: Path) -> None:
    parts = page(tmp_path, *map(regression_line, range(3)))
    figures = {name: each for name, each in parts.figures.items() if name.startswith("learning")}
    assert [*figures] == ["learning_0_rmse", "learning_0_mae"]
    assert trace(figures["learning_0_rmse"], "learner")["y"] == [2, 2, 2]
    assert trace(figures["learning_0_mae"], "learner")["y"] == [1.5, 2.5, 3.5]
    assert "rmse of the learner rmse served" in parts.text


def test_models_of_keys_have_a_number_and_no_table_without_versions(tmp_path: Path) -> None:
    parts = page(tmp_path, keys_line(0), keys_line(1))
    assert trace(parts.figures["learning_0_auc_roc"], "learner")["y"] == [0.75, 0.751]
    assert "So far: 1,600 rows learnt, 51 models, 400 held out, 3 skipped." in parts.text
    assert "what became of it" not in parts.text


def test_scores_that_are_never_known_have_no_plot(tmp_path: Path) -> None:
    parts = page(tmp_path, line(0, scores={"auc_roc": None}, served={}))
    assert not [name for name in parts.figures if name.startswith("learning")]
    assert "1.0.0 promoted" in parts.text


def test_score_that_is_not_known_at_first_is_a_gap(tmp_path: Path) -> None:
    lines = [line(0, scores={"auc_roc": None, "log_loss": 0.5}), line(1), line(2, served={})]
    figure = page(tmp_path, *lines).figures["learning_0_auc_roc"]
    assert trace(figure, "learner")["y"] == [None, 0.751, 0.752]
    assert trace(figure, "served")["y"] == [0.76, 0.76, None]


def test_run_that_goes_on_from_a_state_does_not_mark_what_happened_before(tmp_path: Path) -> None:
    old = {"updates": 50_000, "drifts": 7, "guard": {"looks": 99, "rolled_back": 5}}
    write_learning(tmp_path, [line(0, **old), line(1, **old | {"drifts": 8})])
    (slots,) = read_learning(tmp_path).values()
    assert [(mark.kind, mark.text) for mark in marks(slots) if mark.kind in ("drift", "rolled back")] == [
        ("drift", "1 since the slot before")
    ]


def test_run_counts_what_happened_in_its_first_slot(tmp_path: Path) -> None:
    write_learning(tmp_path, [line(0, drifts=2)])
    (slots,) = read_learning(tmp_path).values()
    assert [(mark.kind, mark.text) for mark in marks(slots)] == [
        ("promoted", "1.0.0"),
        ("drift", "2 since the slot before"),
    ]


@pytest.mark.parametrize(
    ("count", "most", "kept"), [(1, 10, [0]), (10, 10, [*range(10)]), (25, 10, [*range(0, 25, 3)])]
)
def test_very_many_slots_are_thinned_to_even_distances(count: int, most: int, kept: list[int], tmp_path: Path) -> None:
    write_learning(tmp_path, [line(index) for index in range(count)])
    (slots,) = read_learning(tmp_path).values()
    curve = learning_curve(slots, most=most)
    assert curve.learner["auc_roc"] == pytest.approx(0.75 + 0.001 * np.array(kept))


def test_models_of_one_run_stay_apart(tmp_path: Path) -> None:
    write_learning(tmp_path, [line(0), line(0, model="other", scores={"rmse": 1.0}, served={})])
    names = [panel.name for panel in learning_panels(read_learning(tmp_path), has_folder=True)]
    assert names == ["learning_0_auc_roc", "learning_0_log_loss", "learning_0", "learning_1_rmse", "learning_1"]


def test_no_text_of_a_line_becomes_markup(tmp_path: Path) -> None:
    lines = [
        line(0, model=MARKUP, version=MARKUP, promoted=False, kept_because=MARKUP),
        line(1, model=MARKUP, version=None, promoted=None, problem=MARKUP),
    ]
    parts = page(tmp_path, *lines)
    assert [tag for tag, _ in parts.tags].count("script") == 3
    assert "img" not in {tag for tag, _ in parts.tags}
    shown = json.dumps(parts.figures, ensure_ascii=False)
    assert "<script" not in shown
    assert "<img" not in shown
