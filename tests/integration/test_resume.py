"""A run that was killed goes on from its last checkpoint and writes each row once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.job_runs import read_parts

WAIT_S = 600
SOURCE = "generator:days=40,customers=4000"


def start(config: Path, output: Path, *more: str) -> subprocess.Popen[bytes]:
    options = ["--config", str(config), "--input", SOURCE, "--output", str(output)]
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", *options, *more]
    with (output.parent / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--set", "execution.checkpoint_interval=500ms"], stdout=log, stderr=log
        )


@pytest.mark.slow
def test_killed_run_goes_on_and_has_one_summary(fraud_config: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    # Small batches, so that the run is not over before it is killed.
    first = start(fraud_config, output, "--set", "job.inference.batch_size=25")
    deadline = time.monotonic() + WAIT_S
    while not list(output.glob(".checkpoints/*/chk-*/_metadata")):
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not (output / "summary.json").exists()
    second = start(fraud_config, output, "--resume")
    assert second.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    events = sum(1 for _ in (output / "input.jsonl").open("rb"))
    assert summary["events"] == events == summary["predictions"] + summary["dead_letters"]
    predictions = read_parts(output / "predictions")
    assert predictions["event_id"].is_unique
