"""A run's predictions, replayed, say what the run itself said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gress.experiments.page.page import render
from gress.experiments.replayed import replay_files
from jobs.run_folder.part_files import final_parts
from tests.gress.report.page_parts import parse
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import run_job
from tests.support.small_model import write_model

METRICS = (
    "[{of: label, better: lower}, {of: log_loss, role: signal}, {of: auc, role: signal}, "
    "{of: errors, role: guardrail, margin: 0.1}, {of: field, field: TX_AMOUNT, per: unit, role: signal}]"
)
INPUT = "generator:days=10,customers=150,terminals=200"


def overrides(folder: Path) -> list[str]:
    """Settings of an experiment of two networks that differ, judged every day."""
    models, variants = [], []
    for place, (name, weight) in enumerate((("control", 60), ("treatment", 40))):
        path = write_model(folder / name, width=len(STATELESS))
        version = f"{place + 2}.0.0"
        models.append(f"{{name: fraud-detector, version: {version}, type: onnx, path: {path}, warmup_on_load: false}}")
        variants.append(f"{{name: {name}, model_name: fraud-detector, model_version: {version}, weight: {weight}}}")
    tested = (
        f"name: test, strategy: hash, split_key: CUSTOMER_ID, enable_shadow_mode: true, "
        f"variants: [{', '.join(variants)}], verdict: {{interval: 1d, metrics: {METRICS}}}"
    )
    return [
        f"ml.models=[{', '.join(models)}]",
        "ml.ab_testing.enabled=true",
        f"ml.ab_testing.experiments=[{{{tested}}}]",
        "job.sink.fields=[TX_AMOUNT]",
    ]


def test_replay_and_page_say_what_the_run_said(tmp_path: Path) -> None:
    config, given = write_fraud_config(tmp_path, features=STATELESS), overrides(tmp_path)
    run = run_job(config, Path(INPUT), tmp_path / "out", overrides=given)
    lines = (line for path in final_parts(run.output / "verdicts") for line in path.read_bytes().splitlines())
    said = sorted(map(json.loads, lines), key=lambda record: record["looked_at"])
    done = replay_files([run.output / "predictions"], config, given)
    assert done.left_out == {}
    assert done.records[-1]["looked_at"] == said[-1]["looked_at"]
    assert_alike(done.records[-1], said[-1])
    assert said[-1]["arms"]["control"]["units"] > 3
    page = parse(render(run.output))
    assert f"{said[-1]['arms']['control']['log_loss']:.6g}" in page.text
    assert "e0_shadows_matches" in page.figures


def assert_alike(left: Any, right: Any) -> None:
    """Numbers may differ by the order in which shards add them up."""
    for name in ("action", "arms", "rules", "step"):
        assert left[name] == (pytest.approx(right[name]) if name == "step" else _near(right[name])), name
    assert left["numbers"] == _near(right["numbers"])


def _near(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _near(each) for name, each in value.items()}
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
