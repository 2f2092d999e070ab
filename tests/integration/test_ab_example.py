"""The A/B testing example of the document, on this package, and the counterpart of each of its lines.

| the document | here |
| --- | --- |
| `ml.ABTestConfig{Name, Strategy: ml.ABTestStrategyHash}` | `ml.ab_testing.experiments[]`: `name`, `strategy` |
| `Variants: {control v1.0 80.0, treatment v2.0 20.0}`: 80/20 traffic split | `variants[]`: `model_version`, `weight` |
| `EnableShadowMode: true`: shadow mode comparison | `enable_shadow_mode`, folder `comparisons` |
| consistent user assignment | `split_key`: a user has one variant |
| metrics collection | summary; `abtest_*`: tests/integration/monitoring/test_experiment_metrics.py |
| run the example | `gress run` |
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.job_runs import read_parts
from tests.support.reader import Reader, reading
from tests.support.small_model import write_model

SETTINGS = """
ml:
  enabled: true
  models:
    - {name: recommender, version: v1.0, type: onnx, path: v1/model.onnx}
    - {name: recommender, version: v2.0, type: onnx, path: v2/model.onnx}
  ab_testing:
    enabled: true
    experiments:
      - name: recommendation-model-test
        strategy: hash
        split_key: user_id
        enable_shadow_mode: true
        variants:
          - {name: control, model_name: recommender, model_version: v1.0, weight: 80.0}
          - {name: treatment, model_name: recommender, model_version: v2.0, weight: 20.0}
job:
  name: ab-example
  events:
    id: id
    key: user_id
    time: at
    fields: {id: {type: long}, user_id: {type: string}, at: {type: timestamp}, amount: {type: double}}
  features:
    name: amounts
    specs: [{name: amount, type: numerical, source: amount}]
  inference: {model_name: recommender, model_version: v1.0}
"""
USERS, EVENTS = 2_000, 3


@pytest.fixture(scope="module")
def reader(jvm_folder: Path) -> Iterator[Reader]:
    with reading(jvm_folder) as reader:
        Path("ab.yaml").write_text(SETTINGS, "utf-8")
        for version in ("v1", "v2"):
            write_model(Path(version), width=1)
        rows = [
            {"id": event * USERS + user, "user_id": f"user-{user}", "at": 1_700_000_000_000 + event, "amount": user + 1}
            for event in range(EVENTS)
            for user in range(USERS)
        ]
        Path("events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        yield reader


def test_example_runs(reader: Reader) -> None:
    command = "gress run fraud-detection --config ab.yaml --input events.jsonl --output ab"
    reader.type(command.split())
    rows = read_parts(reader.folder / "ab" / "predictions")
    assert len(rows) == USERS * EVENTS
    by_user = rows.groupby("key")["variant"].agg(["nunique", "first"])
    assert set(by_user["nunique"]) == {1}
    share = float((by_user["first"] == "treatment").mean())
    assert abs(share - 0.2) <= 4 * np.sqrt(0.2 * 0.8 / USERS)
    assert set(zip(rows["variant"], rows["version"], strict=True)) == {("control", "1.0.0"), ("treatment", "2.0.0")}
    compared = read_parts(reader.folder / "ab" / "comparisons")
    assert sorted(compared["event_id"]) == sorted(rows["event_id"])
    assert (compared["variant"] != compared["shadow"]).all()
    summary = json.loads((reader.folder / "ab" / "summary.json").read_text())
    assert summary["variants"] == {
        f"recommendation-model-test: {name}": int((rows["variant"] == name).sum()) for name in ("control", "treatment")
    }
