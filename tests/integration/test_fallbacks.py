"""Rows that the model cannot score, in a running job: the fallback's, the default one, or a dead letter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, run_job
from tests.support.sample_models import write_onnx
from tests.support.small_model import write_model

FALLBACK_SCORE = 0.25


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings with a model that has no score for an amount of 0, and one that gives every row the same."""
    folder = tmp_path_factory.mktemp("fallbacks")
    return write_fraud_config(folder, features=STATELESS, model=write_model(folder / "model", width=len(STATELESS)))


def write_constant(folder: Path) -> Path:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("ReduceSum", ["x", "axis"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "score_of_all"], ["score"]),
    ]
    constants = {
        "axis": np.array([1]),
        "zero": np.zeros(1, dtype=np.float32),
        "score_of_all": np.array([FALLBACK_SCORE], dtype=np.float32),
    }
    folder.mkdir()
    inputs = [("x", TensorProto.FLOAT, ["n", len(STATELESS)])]
    return write_onnx(folder, nodes, inputs, [("score", TensorProto.FLOAT, ["n", 1])], constants)


def odd_rows(found: JobRun) -> list[tuple[str, float, str, str]]:
    rows = found.predictions
    rows = rows[rows["status"] != "ok"]
    return list(zip(rows["version"], rows["prediction"], rows["status"], rows["reason"], strict=True))


@pytest.mark.parametrize("profile", ["throughput", "latency"])
def test_default_prediction_stands_in(
    profile: str, config: Path, crafted_file: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "classes", width=len(STATELESS), has_classes=True)
    overrides = ["job.inference.default_prediction=0.5", f"execution.profile={profile}", f"ml.models.0.path={model}"]
    found = run_job(config, crafted_file, tmp_path / "out", overrides=overrides)
    assert found.summary.adds_up
    assert "not_finite" not in found.summary.reasons
    rows = odd_rows(found)
    assert rows
    assert set(rows) == {("2.0.0", 0.5, "default", "not_finite")}
    # JSON has no NaN: nothing gave these rows a score of each class.
    texts = [path.read_text("utf-8") for path in (tmp_path / "out" / "predictions").glob("part-*")]
    assert texts
    assert "NaN" not in "".join(texts)
    scores = found.predictions.loc[found.predictions["status"] != "ok", "scores"]
    assert sum(map(np.size, scores.dropna())) == 0


def test_fallback_version_stands_in(config: Path, crafted_file: Path, tmp_path: Path) -> None:
    path = write_constant(tmp_path / "constant")
    entry = f"{{name: fraud-detector, version: 1.0.0, type: onnx, path: {path}}}"
    first = f"{{name: fraud-detector, version: 2.0.0, type: onnx, path: {config.parent / 'model' / 'model.onnx'}}}"
    overrides = [f"ml.models=[{first}, {entry}]", "job.inference.fallback_version=1.0.0"]
    found = run_job(config, crafted_file, tmp_path / "out", overrides=overrides)
    assert found.summary.adds_up
    assert set(odd_rows(found)) == {("1.0.0", FALLBACK_SCORE, "fallback:1.0.0", "not_finite")}
