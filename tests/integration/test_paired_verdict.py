"""A verdict on two models that both score each row, in a running job, against sums by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.experiment_runs import overrides
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import read_parts, run_job

LEAST = 1e-6


def losses(scores: pd.Series, truth: pd.Series) -> np.ndarray:
    given = np.where(truth > 0, scores, 1 - scores)
    return -np.log(np.maximum(given, LEAST))


@pytest.mark.parametrize("weight", [0.0, 40.0], ids=["shadow alone", "split"])
def test_paired_difference_is_that_of_the_comparisons(weight: float, crafted_file: Path, tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path, features=STATELESS)
    weights = {"control": 100 - weight, "other": weight}
    write_other(tmp_path / "other")
    verdict = "{interval: 1d, paired: true, metrics: [{of: log_loss}]}"
    given = overrides(tmp_path, len(STATELESS), weights, has_shadows=True, verdict=verdict)
    run = run_job(config, crafted_file, tmp_path / "out", overrides=given)
    compared = read_parts(run.output / "comparisons").dropna(subset=["truth"])
    compared = compared[compared["prediction"].between(0, 1) & compared["shadow_prediction"].between(0, 1)]
    sign = np.where(compared["variant"] == "control", 1, -1)
    gained = losses(compared["shadow_prediction"], compared["truth"]) - losses(
        compared["prediction"], compared["truth"]
    )
    by_unit = pd.DataFrame({"x": sign * gained, "n": 1, "unit": compared["key"].to_numpy()}).groupby("unit").sum()
    mean = by_unit["x"].sum() / by_unit["n"].sum()
    spread = (by_unit["x"] - mean * by_unit["n"]).var(ddof=1)
    records = read_parts(run.output / "verdicts")
    last = records[records["is_paired"]].sort_values("looked_at").iloc[-1]
    assert last["numbers"]["log_loss.clock"] == len(compared)
    assert last["arms"] == {"other": {"units": len(by_unit)}}
    assert last["numbers"]["log_loss.difference"] == pytest.approx(mean, rel=1e-9)
    assert last["numbers"]["log_loss.se"] == pytest.approx(
        np.sqrt(spread / len(by_unit)) / by_unit["n"].mean(), rel=1e-9
    )


def write_other(folder: Path) -> Path:
    """A model whose scores differ from those of the small model."""
    from onnx import TensorProto, helper

    from tests.support.sample_models import write_onnx

    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["z"]), helper.make_node("Sigmoid", ["z"], ["score"])]
    constants = {"w": np.float32([[0.002], [0.1], [0.1]]), "b": np.float32([-2])}
    folder.mkdir(parents=True)
    inputs, outputs = [("x", TensorProto.FLOAT, ["n", 3])], [("score", TensorProto.FLOAT, ["n", 1])]
    return write_onnx(folder, nodes, inputs, outputs, constants)
