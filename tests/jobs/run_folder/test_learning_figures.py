from __future__ import annotations

import json
from pathlib import Path

from jobs.run_folder.learning_figures import learning_figures, learning_text
from jobs.run_folder.summary import summarise
from tests.support.learning_slots import keys_line, line, regression_line, write_learning


def test_run_that_does_not_learn_has_no_figures(tmp_path: Path) -> None:
    assert learning_figures(tmp_path) == {}
    found = summarise(tmp_path, job="j", events=0, seconds=1.0)
    found.write(tmp_path / "summary.json")
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["learning"] == {}


def test_figures_are_those_of_the_last_slot_and_of_all_versions(tmp_path: Path) -> None:
    kept = line(1, promoted=False, kept_because="not better")
    none = line(2, version=None, promoted=None, problem="no row was learnt")
    write_learning(tmp_path, [line(0), kept, none])
    found = summarise(tmp_path, job="j", events=0, seconds=1.0)
    assert found.learning == {
        "fraud-online": {
            "updates": 2400, "versions": 2, "promoted": 1, "skipped": 3, "unpublished": 1, "last_version": "1.0.1",
            "auc_roc": 0.752, "served_auc_roc": 0.76,
        }
    }  # fmt: skip
    assert learning_text(found.learning["fraud-online"]) == (
        "2,400 rows learnt, 3 skipped, 2 versions, 1 promoted, 1 intervals NOT PUBLISHED, last 1.0.1, auc_roc 0.7520 "
        "(served 0.7600)"
    )


def test_regression_has_its_error(tmp_path: Path) -> None:
    write_learning(tmp_path, [regression_line(0)])
    (figures,) = learning_figures(tmp_path).values()
    assert (figures["rmse"], figures["served_rmse"]) == (2.0, 3.0)
    assert "rmse 2.0000 (served 3.0000)" in learning_text(figures)


def test_models_of_keys_have_a_number(tmp_path: Path) -> None:
    write_learning(tmp_path, [keys_line(0), keys_line(1, served={})])
    (figures,) = learning_figures(tmp_path).values()
    assert figures == {"updates": 1600, "models": 51, "versions": 0, "promoted": 0, "skipped": 3, "auc_roc": 0.751}
    assert learning_text(figures) == "1,600 rows learnt, 51 models, 3 skipped, 0 versions, 0 promoted, auc_roc 0.7510"


def test_scores_that_are_not_known_are_left_out(tmp_path: Path) -> None:
    write_learning(tmp_path, [line(0, scores={"auc_roc": None}, served={}, version=None, promoted=None)])
    (figures,) = learning_figures(tmp_path).values()
    assert learning_text(figures) == "800 rows learnt, 3 skipped, 0 versions, 0 promoted"
