"""Verdicts of a run that is killed, and goes on with more tasks, are those of an undisturbed run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.experiment_runs import SPLIT, overrides
from tests.support.experiments import xxh64
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import read_parts, run_job
from tests.support.killed_runs import WAIT_S, WrittenAndSaved, kill_once, start_run
from tests.support.samples import write_files

FILES, EVENTS_A_FILE = 24, 700
METRICS = (
    "{of: log_loss}, {of: label, name: frauds, per: unit, role: signal}, {of: auc, role: signal}, "
    "{of: errors, role: guardrail, margin: 0.01}, {of: field, field: TX_AMOUNT, role: signal}"
)
# Batches so small that a run is not over before it is killed; others need none.
SLOWLY = "job.inference.batch_size=7"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_files(tmp_path, customers=350, files=FILES, events_a_file=EVENTS_A_FILE)


def records(output: Path) -> list[dict[str, Any]]:
    """All records in the order of their looks, each once."""
    found = read_parts(output / "verdicts").to_dict("records")
    return sorted(found, key=lambda record: int(record["looked_at"]))


@pytest.mark.slow
def test_verdicts_and_variants_survive_a_kill_and_more_tasks(source: Path, tmp_path: Path) -> None:
    config, output = write_fraud_config(tmp_path, features=STATELESS), tmp_path / "out"
    verdict = f"{{metrics: [{METRICS}], interval: 12h, max_silence: 30d}}"
    settings = [*overrides(tmp_path, len(STATELESS), SPLIT, verdict=verdict)]
    often = [*settings, "execution.checkpoint_interval=200ms"]

    one = start_run(config, source, output, [*often, SLOWLY, "execution.parallelism=1"])
    kill_once(WrittenAndSaved(output, "verdicts"), one, output)
    four = start_run(config, source, output, [*settings, "execution.parallelism=4"], "--resume")
    assert four.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary["events"] == summary["predictions"] == FILES * EVENTS_A_FILE
    undisturbed = run_job(config, source, tmp_path / "whole", overrides=settings)
    assert records(output) == records(undisturbed.output)
    rows, ends = read_parts(output / "predictions"), int(SPLIT["treatment"] / 100 * 2**64)
    assert rows["event_id"].is_unique
    is_treated = {key: xxh64(f"test.{key}".encode()) < ends for key in rows["key"].unique()}
    assert (rows["key"].map(is_treated) == (rows["variant"] == "treatment")).all()
