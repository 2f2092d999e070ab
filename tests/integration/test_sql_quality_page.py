"""The page on quality and drift in queries from top to bottom, beside scikit-learn and SciPy."""

from __future__ import annotations

from pathlib import Path

import joblib
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from tests.support.pages import read_blocks
from tests.support.reader import reading

COLUMNS = ["amount", "hour"]
HOURS = ("2026-03-01 10:00:00", "2026-03-01 11:00:00")
CELL = 0.05  # share of the training rows in a cell of the baseline: the gap is seen at edges alone


def test_page_is_complete(repository: Path, jvm_folder: Path) -> None:
    printed: list[str] = []
    with reading(jvm_folder) as reader:
        for block in read_blocks(repository / "docs" / "sql-quality.md"):
            if block.title:
                reader.save(block)
            printed += [reader.type(words) for words in block.commands]
        live = pd.read_csv("seen.csv", names=[*COLUMNS, "fraud", "at"])
        past = pd.read_parquet("past.parquet")
        model = joblib.load("payments.joblib")
    rows = [line[4:].replace("  ", "\t").split("\t") for line in printed[-1].splitlines() if line.startswith("+I")]
    rows = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert len(rows) == 6
    for start, seen in zip(HOURS, (live[:300], live[300:]), strict=True):
        found = [row for row in rows if row[0] == start]
        chances = model.predict_proba(seen[COLUMNS].to_numpy())[:, 1]
        want = [roc_auc_score(seen["fraud"], chances), log_loss(seen["fraud"], chances), 300]
        assert [float(cell) for cell in found[0][2:5]] == pytest.approx(want, rel=1e-5)
        for name in COLUMNS:
            (row,) = [row for row in found if row[6] == name]
            gap = stats.ks_2samp(past[name], seen[name]).statistic
            assert gap - CELL < float(row[8]) <= gap + 1e-9
    verdicts = {(row[0], row[6]): row[9] for row in rows}
    assert verdicts == {
        (start, name): "alert" if start == HOURS[1] and name != "hour" else "ok"
        for start in HOURS
        for name in (*COLUMNS, "prediction")
    }
    assert {(row[0], row[1], row[5]) for row in rows} == {(HOURS[0], "1.0.0", "ok"), (HOURS[1], "1.0.0", "alert")}
