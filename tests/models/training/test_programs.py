"""Programs that train the shipped models write files whose golden rows are what the model file answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.training.anomalies import train_anomaly
from models.training.demand import train_forecast
from models.training.maintenance import train as train_maintenance
from models.training.payments import train as train_payments
from models.training.sessions import train as train_sessions

ROWS = 400
RNG = np.random.default_rng(3)
NUMBERS = np.arange(ROWS)
TRUTHS = {
    "is_odd": (NUMBERS % 7 == 0).astype(np.int64),
    "is_fraud": (NUMBERS % 5 == 0).astype(np.int64),
    "fails": (NUMBERS % 3 == 0).astype(np.int64),
    "hours_left": NUMBERS % 90,
    "demand_ahead": 50.0 + NUMBERS % 11,
    "naive": 50.0 + NUMBERS % 13,
    "next_item": NUMBERS % 240,
    "shop": [f"s{number % 10}" for number in range(ROWS)],
}


def _export(model: str, path: Path, keys: tuple[str, str], features: np.ndarray) -> Path:
    """Write features of a shipped model's columns as `gress features export` does, with truths beside them."""
    known = json.loads(Path("models", model, "1.0.0", "model.json").read_text("utf-8"))
    columns = known["feature_columns"]
    time, name = keys
    table = {time: NUMBERS, name: NUMBERS, **TRUTHS, **dict(zip(columns, features[:, : len(columns)].T, strict=True))}
    metadata = {
        "gress.feature_set": "any",
        "gress.feature_set_hash": "ab",
        "gress.feature_columns": json.dumps(columns),
    }
    parquet.write_table(pa.table(table).replace_schema_metadata(metadata), path)
    return path


@pytest.mark.parametrize(
    ("model", "id_field", "main", "arguments", "output"),
    [
        ("machine-anomaly", "reading", train_anomaly.main, ("--output",), "anomaly"),
        ("shop-demand", "row", train_forecast.main, ("--output",), "forecast"),
        ("part-failure", "reading", train_maintenance.main, ("--folder", "model"), "failure_chance"),
        ("payment-fraud", "transaction_id", train_payments.main, ("--folder", "model"), "probabilities"),
        ("shop-recommender", "view", train_sessions.main, ("--folder", "model"), "scores"),
    ],
    ids=["anomaly-detection", "forecasting", "predictive-maintenance", "fraud-document", "recommendations"],
)
def test_golden_rows_are_answers_of_the_file(
    model: str,
    id_field: str,
    main: Callable[[list[str]], None],
    arguments: tuple[str, ...],
    output: str,
    tmp_path: Path,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(repository)
    features = RNG.random((ROWS, 40), np.float32)
    if model == "shop-recommender":
        features = RNG.integers(-1, 240, (ROWS, 40)).astype(np.float32)
    path = _export(model, tmp_path / "features.parquet", ("time", id_field), features)
    option, *step = arguments
    main([*step, "--features", str(path), option, str(tmp_path / "made")])
    golden = parquet.read_table(tmp_path / "made" / "golden.parquet").to_pandas()
    session = onnxruntime.InferenceSession(tmp_path / "made" / "model.onnx", providers=["CPUExecutionProvider"])
    rows = golden.drop(columns="prediction").to_numpy(np.float32)
    (answers,) = session.run([output], {session.get_inputs()[0].name: rows})
    found = answers.max(axis=1) if output == "scores" else answers[:, -1]
    assert len(golden) == 50
    np.testing.assert_allclose(found, golden["prediction"], rtol=1e-4, atol=1e-6)
