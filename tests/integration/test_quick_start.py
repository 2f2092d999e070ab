"""The Quick Start of the document, on this package: its settings as written, and the counterpart of each of its lines.

| the document | here |
| --- | --- |
| 1. `config.yaml` | tests/conf/data/quick_start.yaml, to the letter |
| 2. `ml.LoadModel(ctx, ml.ModelTypeONNX, "./models/fraud-detector-v2.onnx", metadata)` | the entry of `ml.models` |
| 2. `registry.Register(model)` | the entry of `ml.models`: it serves from its file |
| 3. `ml.FeatureExtractionConfig{...}`, `ml.NewFeatureExtractionOperator` | `job.features` |
| 3. `ml.InferenceConfig{...}`, `ml.NewInferenceOperator` | `job.inference` |
| 3. `engine.AddOperator(...)` | `gress run` |

A version is written in full, so `v2.0` is 2.0.0 in rows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gress
from tests.support.job_runs import read_parts
from tests.support.reader import Reader, reading
from tests.support.small_model import expected_score, write_model

PIPELINE = """
extends: config.yaml
job:
  name: quick-start
  events:
    id: id
    key: card
    time: at
    fields: {id: {type: long}, card: {type: string}, at: {type: timestamp}, amount: {type: double}}
  features:
    name: amounts
    specs:
      - {name: amount_normalized, type: normalize, source: amount, parameters: {min: 0.0, max: 10000.0}}
  inference: {model_name: fraud-detector, model_version: v2.0, batch_size: 100, batch_timeout: 50ms}
"""
AMOUNTS = np.array([1.0, 250.5, 10_000.0, 42.0])


@pytest.fixture(scope="module")
def reader(repository: Path, jvm_folder: Path) -> Iterator[Reader]:
    """A reader's folder: the settings of the document, the pipeline in YAML, the model, four events."""
    with reading(jvm_folder) as reader:
        shutil.copy(repository / "tests" / "conf" / "data" / "quick_start.yaml", "config.yaml")
        Path("pipeline.yaml").write_text(PIPELINE, "utf-8")
        write_model(Path("models"), width=1).rename("models/fraud-detector-v2.onnx")
        rows = [
            {"id": row, "card": "c", "at": f"2026-01-01T00:00:0{row}Z", "amount": amount}
            for row, amount in enumerate(AMOUNTS.tolist())
        ]
        Path("events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        yield reader


@pytest.mark.slow
def test_pipeline_scores_events(reader: Reader) -> None:
    command = "gress run fraud-detection --config pipeline.yaml --input events.jsonl --output out"
    reader.type(command.split())
    found = read_parts(reader.folder / "out" / "predictions").sort_values("event_id")
    np.testing.assert_allclose(found["prediction"], expected_score(AMOUNTS[:, None] / 10_000.0), rtol=1e-5)
    assert set(found["version"]) == {"2.0.0"}
    assert set(found["model"]) == {"fraud-detector"}


@pytest.mark.usefixtures("reader")
def test_program_scores_a_table() -> None:
    with gress.open_scorer(gress.load_settings("pipeline.yaml")) as scorer:
        scores = scorer.score({"amount": AMOUNTS}).prediction
    np.testing.assert_allclose(scores, expected_score(AMOUNTS[:, None] / 10_000.0), rtol=1e-5)
