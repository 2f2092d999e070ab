"""Tables of a program of one's own get predictions and features by expressions, each with its own registry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import gress
from jobs.flink.jvm.collection import planning
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.tiny_models import linear, write_linear, write_opposite

ROWS = [(1, 1.0, 2.0, 3.0), (2, 4.0, 0.5, 23.0), (3, 2.5, 1.0, 12.0)]
NAMES = ("id", "amount", "size", "hour")
_JOB = {
    "name": "payments",
    "events": {
        "id": "id",
        "key": "id",
        "time": "at",
        "fields": {"id": {"type": "long"}, "at": {"type": "timestamp"}, "amount": {"type": "double"}},
    },
    "features": {"name": "logs", "specs": [{"name": "amount_log", "type": "log", "source": "amount"}]},
    "inference": {"model_name": "payments"},
}


@pytest.mark.slow
@pytest.mark.usefixtures("jvm_folder")
def test_two_registries_and_features_are_one_operator_of_one_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyflink.table import EnvironmentSettings, TableEnvironment
    from pyflink.table.expressions import col

    # Functions run in this process, as they do in a program that is started by hand.
    monkeypatch.delenv("_python_worker_execution_mode", raising=False)
    for place, write in (("one", write_linear), ("other", write_opposite)):
        file = write(tmp_path / "files" / place)
        spec = spec_from_file(file, "payments", "1.0.0", feature_columns=NAMES[1:])
        local_registry(tmp_path / place).publish(spec, file)
    settings = gress.load_settings(overrides=[f"job={json.dumps(_JOB)}"], environ={})
    tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    with planning():
        payments = tables.from_elements(ROWS, list(NAMES))
        scored = payments.select(
            col("*"),
            gress.predict("payments", registry=tmp_path / "one").alias("p"),
            gress.predict("payments$1.0.0", *map(col, NAMES[1:]), registry=tmp_path / "other").alias("q"),
            gress.features(settings).alias("f"),
        )
        p, q = (col(name).get("prediction").alias(f"{name}_prediction") for name in "pq")
        fields = [col("p").get(name).alias(name) for name in ("model", "version", "status")]
        plans = [python_calls(each.explain()) for each in (scored, scored.select(col("id"), p, q, *fields))]
        with scored.select(col("id"), p, q, *fields, col("f")).execute().collect() as collected:
            rows = sorted(tuple(row) for row in collected)
        likely = gress.classes("payments", top_k=1, registry=tmp_path / "one")
        joined = payments.join_lateral(likely).select(col("id"), col("score"), col("place"), col("version"))
        with joined.execute().collect() as collected:
            classes = sorted(tuple(row) for row in collected)
    # Operators, and calls of functions in them.
    assert plans == [(1, 3), (1, 2)]
    want = linear(np.array(ROWS)[:, 1:])
    np.testing.assert_allclose([row[1:3] for row in rows], np.column_stack([want, 1 - want]), rtol=1e-5)
    np.testing.assert_allclose([row[1] for row in classes], want, rtol=1e-5)
    assert {row[2:] for row in classes} == {(1, "1.0.0")}
    assert {row[3:6] for row in rows} == {("payments", "1.0.0", "ok")}
    np.testing.assert_allclose([row[6] for row in rows], np.log1p(np.array(ROWS)[:, 1:2]), rtol=1e-6)


def python_calls(plan: str) -> tuple[int, int]:
    """Return how many operators of Python a plan has, and how many calls are in them."""
    executed = plan.partition("Optimized Execution Plan")[2]
    return executed.count("PythonCalc("), executed.count("PythonScalarFunction")
