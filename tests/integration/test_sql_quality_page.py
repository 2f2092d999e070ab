"""The page on quality and drift in queries from top to bottom, beside scikit-learn and SciPy."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from tests.support.pages import read_blocks
from tests.support.reader import reading

COLUMNS = ["amount", "hour"]
HOURS = ("2026-03-01 10:00:00", "2026-03-01 11:00:00")
CELL = 0.05  # share of the training rows in a cell of the baseline: the gap is seen at edges alone


def check_explanations(printed: str, model: LogisticRegression, past: pd.DataFrame) -> None:
    """Compare contributions with weight by distance to the mean; amounts far out have a mean that cells blur."""
    found = [line.split() for line in printed.splitlines() if line.split()[-1:] == ["log-odds"]]
    assert found
    assert len(found) == 2 * len({tuple(row[:2]) for row in found})
    for amount, hour, feature, contribution, base, prediction, _ in found:
        place = COLUMNS.index(feature)
        distance = float((amount, hour)[place]) - past[feature].mean()
        assert float(contribution) == pytest.approx(model.coef_[0][place] * distance, rel=0.05, abs=0.05)
        sums = [float(row[3]) for row in found if row[:2] == [amount, hour]]
        odds = np.log(float(prediction)) - np.log1p(-float(prediction))
        assert sum(sums) + float(base) == pytest.approx(odds, abs=0.02)


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
    *_, figures, explained = printed
    check_explanations(explained, model, past)
    rows = [line[4:].replace("  ", "\t").split("\t") for line in figures.splitlines() if line.startswith("+I")]
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
