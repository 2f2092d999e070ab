"""The notebook on payments from top to bottom: SQL, a scorer and the Table API agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.notebooks import run_notebook
from tests.support.reader import reading

# Rows of the file: the last has no amount.
AMOUNTS = np.array([[8000.0], [20.0], [9500.0]])


@pytest.mark.slow
def test_notebook_is_complete(repository: Path, jvm_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Functions run in this process, as they do in a reader's kernel.
    monkeypatch.delenv("_python_worker_execution_mode", raising=False)
    with reading(jvm_folder):
        names = run_notebook(repository / "docs" / "notebooks" / "payments.ipynb")
        import joblib

        want = joblib.load("fraud.joblib").predict_proba(AMOUNTS / 10_000)[:, 1]
    for found in (names["by_sql"], names["by_scorer"], names["by_table"]):
        rows = found.sort_values("id")
        assert rows["id"].tolist() == [1, 2, 3, 4]
        np.testing.assert_allclose(rows["prediction"], [*want, np.nan], rtol=1e-5)
        assert rows["status"].tolist() == ["ok", "ok", "ok", "dead_letter"]
    assert names["by_sql"].sort_values("id")["reason"].tolist()[-1] == "missing_value"
    assert names["alerts"].to_dict("records") == [
        {
            "id": 3,
            "card": "ana",
            "in_an_hour": 17500.0,
            "prediction": pytest.approx(want[2], rel=1e-5),
            "version": "1.0.0",
        }
    ]
