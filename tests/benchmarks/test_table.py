"""The table of the integration document: its rows, what it claims beside them, and the figures."""

from __future__ import annotations

import pytest

from benchmarks.throughput.table import MODELS, TableRow, measure, table_lines
from models.scoring.batch_times import BatchTime

ONE = TableRow("TFLite", "1", BatchTime(1, 1.5e-2, 5e-2), BatchTime(1, 1e-2, 2e-2))
HUNDRED = TableRow("ONNX", "100", BatchTime(100, 3e-3, 8e-3), BatchTime(100, 2e-3, 5e-3))
BEST = TableRow("ONNX", "best", BatchTime(1_000, 2e-2, 4e-2), BatchTime(1_000, 1e-2, 2e-2))


def test_table_has_the_document_s_claims_in_brackets_and_none_for_the_best_batch() -> None:
    assert table_lines([HUNDRED, BEST, ONE])[2:] == [
        "| ONNX | 100 | 3 ms | 8 ms | 2 ms (50 ms) | 5 ms (100 ms) | 50,000 (20,000) |",
        "| ONNX | 1,000 (best) | 20 ms | 40 ms | 10 ms | 20 ms | 100,000 |",
        "| TFLite | 1 | 15 ms | 50 ms | 10 ms (3 ms) | 20 ms (10 ms) | 100 (300) |",
    ]


def test_figures_say_how_much_of_a_claim_is_reached() -> None:
    times = {"p50_ms": 3.0, "p99_ms": 8.0, "cpu_p50_ms": 2.0, "cpu_p99_ms": 5.0}
    assert HUNDRED.figures == {"rows": 100, "per_s": 50_000, **times, "of_claim": 2.5}
    assert ONE.figures["of_claim"] == 0.33
    assert "of_claim" not in BEST.figures


@pytest.mark.parametrize("runtime", MODELS)
def test_shipped_models_are_timed_with_the_features_of_the_job(runtime: str) -> None:
    times = measure(*MODELS[runtime], sizes=(1, 100), budget_s=0.0)
    assert [each.rows for each in times] == [1, 100]
    assert all(0 < each.median_s <= each.p99_s for each in times)
