from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gress.cli.console import LiveLine, print_json, print_line, print_summary, print_table
from jobs.run_folder.row_counts import Counts
from jobs.run_folder.summary import summary_of_counts

COUNTS = Counts(rows=700, alerts=5, dead_letters=700, seconds=14.0, start_s=10.0, predictions=0)


def test_summary_has_both_rates_reasons_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(summary_of_counts(COUNTS, job="j", reasons={"late": 700}), Path("out"), events="rows")
    out = capsys.readouterr().out
    assert "│ rows " in out
    assert "175 from the first row (4.0 s), 50 with the start of Flink (14.0 s)" in out
    assert "700 (700 late)" in out
    assert "every row was late: behind the watermark" in out


def test_summary_without_a_row_has_one_rate(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts(rows=0, alerts=0, dead_letters=0, seconds=14.0, start_s=14.0, predictions=0)
    print_summary(summary_of_counts(counts, job="j", reasons={}), Path("out"))
    out = capsys.readouterr().out
    assert "0 with the start of Flink (14.0 s)" in out
    assert "from the first row" not in out


def test_an_interrupted_run_leaves_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    line = LiveLine()
    line.__enter__()
    line.show(COUNTS, 1_000)
    line.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "interrupted: 700 of 1,000 rows (70 %), 175 rows/s, 0 predictions, 5 alerts, 700 dead letters, 14 s"
    )


def test_summary_tells_what_each_model_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    figures: dict[str, float | str] = {"updates": 1_000, "versions": 2, "promoted": 1, "last_version": "1.0.2"}
    learnt = {"fraud": figures | {"auc_roc": 0.75, "served_auc_roc": 0.5}, "prices": figures}
    print_summary(replace(summary_of_counts(COUNTS, job="j", reasons={}), learning=learnt), Path("out"))
    out = " ".join(capsys.readouterr().out.split())
    counts = "1,000 rows learnt, 2 versions, 1 promoted, last 1.0.2"
    assert f"│ learning │ fraud: {counts}, auc_roc 0.7500 (served 0.5000) │ │ │ prices: {counts} │" in out


HOSTILE = "a\x1b[31m\x9b\u202eb"
SHOWN = r"a\x1b[31m\x9b\u202eb"


def test_nothing_that_is_printed_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(HOSTILE)
    print_table(HOSTILE, [HOSTILE], [[HOSTILE]])
    print_json({"a": HOSTILE})
    out = capsys.readouterr().out
    assert out.count(SHOWN) == 4
    assert json.loads(out[out.index("{") :]) == {"a": HOSTILE}
    assert not set(out) & set("\x1b\x9b\u202e")


def test_measures_have_those_of_baselines_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    judged = {"accuracy": {"model": 0.75, "lexicon": 0.5}, "auc_roc": {"model": 0.8, "lexicon": 0.6}}
    summary = replace(summary_of_counts(COUNTS, job="j", reasons={}), auc_roc=0.81, average_precision=0.7)
    print_summary(replace(summary, evaluation=judged), Path("out"))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.replace("│", " ").splitlines()]
    assert "AUC ROC 0.8000 (lexicon 0.6000)" in lines
    assert "accuracy 0.7500 (lexicon 0.5000)" in lines
    assert "average precision 0.7000" in lines
