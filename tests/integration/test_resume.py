"""A killed run goes on from its last checkpoint, with more tasks or fewer, and writes what an undisturbed one does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests.support.fraud_config import FEATURES, write_fraud_config
from tests.support.job_runs import read_parts, run_job, write_config
from tests.support.killed_runs import WAIT_S, kill_once, start_run
from tests.support.samples import write_files
from tests.support.small_model import write_model

# Batches so small that a run is not over before it is killed, and files so small that a checkpoint need not wait long.
SLOWLY = "job.inference.batch_size=27"
FILES, EVENTS_A_FILE = 50, 400


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The fraud job with windows of two keys, and a tracker stage behind them."""
    path = write_fraud_config(tmp_path / "job", model=write_model(tmp_path / "model", width=len(FEATURES) + 1))
    tree = YAML(typ="safe").load(path.read_text("utf-8"))
    parameters = {"key": "CUSTOMER_ID", "history": 32, "least": 4, "empty": 0}
    tracked = {"name": "AMOUNT_Z", "type": "robust_z", "source": "TX_AMOUNT", "parameters": parameters}
    tree["job"]["features"]["specs"].append(tracked)
    return write_config(path, tree)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_files(tmp_path, customers=333, files=FILES, events_a_file=EVENTS_A_FILE)


def start(config: Path, output: Path, parallelism: int, *options: str, slowly: bool = True) -> subprocess.Popen[bytes]:
    settings = ["execution.checkpoint_interval=500ms", f"execution.parallelism={parallelism}", *[SLOWLY] * slowly]
    return start_run(config, output.parent / "events", output, settings, *options)


@pytest.mark.slow
def test_run_killed_with_one_task_and_with_four_goes_on_with_two(config: Path, source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"

    def saved() -> set[Path]:
        return set(output.glob(".checkpoints/*/chk-*/_metadata"))

    kill_once(saved, start(config, output, 1), output)
    first = saved()
    kill_once(lambda: saved() - first, start(config, output, 4, "--resume"), output)
    last = start(config, output, 2, "--resume", slowly=False)
    assert last.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary["events"] == EVENTS_A_FILE * len(list(source.iterdir()))
    assert summary["events"] == summary["predictions"] + summary["dead_letters"] > 18_000
    undisturbed = run_job(config, source, tmp_path / "undisturbed").predictions
    columns = ["event_id", "prediction"]
    predictions = read_parts(output / "predictions")[columns].sort_values("event_id", ignore_index=True)
    pd.testing.assert_frame_equal(predictions, undisturbed[columns], check_exact=True)
