"""A killed run goes on from its last checkpoint, with more tasks or fewer, and writes what an undisturbed one does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_runs import read_parts, run_job

WAIT_S = 300
# Small batches, so that a run is not over before it is killed.
SLOWLY = ("--set", "job.inference.batch_size=50")
SOURCE = "generator:days=30,customers=3000"


def start(config: Path, output: Path, parallelism: int, *more: str) -> subprocess.Popen[bytes]:
    options = ["--config", str(config), "--input", SOURCE, "--output", str(output)]
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", *options, *more]
    settings = ["execution.checkpoint_interval=500ms", f"execution.parallelism={parallelism}"]
    with (output.parent / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, *(part for each in settings for part in ("--set", each))], stdout=log, stderr=log
        )


def kill_after_checkpoint(process: subprocess.Popen[bytes], output: Path, *, beside: set[Path]) -> set[Path]:
    """Kill a run once it has a checkpoint beside some; return all."""
    deadline = time.monotonic() + WAIT_S
    while not (found := set(output.glob(".checkpoints/*/chk-*/_metadata"))) - beside:
        assert process.poll() is None, (output.parent / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return beside | found


@pytest.mark.slow
def test_run_killed_with_one_task_and_with_four_goes_on_with_two(fraud_config: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    seen = kill_after_checkpoint(start(fraud_config, output, 1, *SLOWLY), output, beside=set())
    seen = kill_after_checkpoint(start(fraud_config, output, 4, "--resume", *SLOWLY), output, beside=seen)
    assert not (output / "summary.json").exists()
    last = start(fraud_config, output, 2, "--resume")
    assert last.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    events = sum(1 for _ in (output / "input.jsonl").open("rb"))
    assert summary["events"] == events == summary["predictions"] + summary["dead_letters"]
    undisturbed = run_job(fraud_config, output / "input.jsonl", tmp_path / "whole").predictions
    columns = ["event_id", "prediction"]
    predictions = read_parts(output / "predictions")[columns].sort_values("event_id", ignore_index=True)
    assert len(predictions) > 100_000
    # The model may differ in its last digit for batches of another size.
    pd.testing.assert_frame_equal(predictions, undisturbed[columns], rtol=1e-6)
