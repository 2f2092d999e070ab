"""A killed run goes on from its last checkpoint, with more tasks or fewer, and writes what an undisturbed one does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_runs import read_parts, run_job
from tests.support.killed_runs import WAIT_S, kill_once, start_run
from tests.support.samples import write_files

# Batches so small that a run is not over before it is killed, and files so small that a checkpoint need not wait long.
SLOWLY = "job.inference.batch_size=80"
FILES, EVENTS_A_FILE = 50, 1_200


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_files(tmp_path, customers=1_000, files=FILES, events_a_file=EVENTS_A_FILE)


def start(config: Path, output: Path, parallelism: int, *options: str, slowly: bool = True) -> subprocess.Popen[bytes]:
    settings = ["execution.checkpoint_interval=500ms", f"execution.parallelism={parallelism}", *[SLOWLY] * slowly]
    return start_run(config, output.parent / "events", output, settings, *options)


@pytest.mark.slow
def test_run_killed_with_one_task_and_with_four_goes_on_with_two(
    fraud_config: Path, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"

    def saved() -> set[Path]:
        return set(output.glob(".checkpoints/*/chk-*/_metadata"))

    kill_once(saved, start(fraud_config, output, 1), output)
    first = saved()
    kill_once(lambda: saved() - first, start(fraud_config, output, 4, "--resume"), output)
    last = start(fraud_config, output, 2, "--resume", slowly=False)
    assert last.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary["events"] == EVENTS_A_FILE * len(list(source.iterdir()))
    assert summary["events"] == summary["predictions"] + summary["dead_letters"] > 56_000
    undisturbed = run_job(fraud_config, source, tmp_path / "undisturbed").predictions
    columns = ["event_id", "prediction"]
    predictions = read_parts(output / "predictions")[columns].sort_values("event_id", ignore_index=True)
    pd.testing.assert_frame_equal(predictions, undisturbed[columns], check_exact=True)
