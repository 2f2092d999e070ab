from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.errors import JobError
from jobs.flink.environment import flink_options
from jobs.run_folder.claim import claim
from jobs.run_folder.owner import MARKER
from jobs.runs.execution import one_line_failure
from jobs.runs.launch import run
from jobs.runs.local_options import local_options
from jobs.runs.prepare import RunRequest
from jobs.runs.saved_state import CHECKPOINTS
from tests.support.fraud_config import write_fraud_config


def test_failure_that_may_be_the_databases_says_so() -> None:
    lost = "X: outer\nCaused by: org.apache.flink.util.FlinkExpectedException: The TaskExecutor is shutting down."
    with pytest.raises(JobError, match=r"job\.sink\.jdbc may have failed; the full trace"), one_line_failure("j"):
        raise RuntimeError(lost)


def test_local_run_keeps_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_options("j", Path("out"), restarts=0)["restart-strategy.type"] == "none"
    options = local_options("j", Path("out"))
    names = ("rest.bind-address", "jobmanager.bind-host", "taskmanager.bind-host", "taskmanager.host")
    assert {options[name] for name in names} == {"127.0.0.1"}
    assert options["web.submit.enable"] == "false"
    assert options["rest.port"] == options["rest.bind-port"] != "8081"
    assert options["execution.checkpointing.dir"] == f"file://{tmp_path}/out/{CHECKPOINTS}"


def test_endless_run_forgets_its_restarts(tmp_path: Path) -> None:
    settings = load_settings(default_config("fraud-detection"), environ={})
    options = flink_options(settings, extra=local_options("j", tmp_path, is_endless=True))
    assert options["restart-strategy.type"] == "exponential-delay"
    assert options["restart-strategy.exponential-delay.reset-backoff-threshold"] == "10 min"
    assert local_options("j", tmp_path, restarts=0, is_endless=True)["restart-strategy.type"] == "none"
    assert local_options("j", tmp_path)["restart-strategy.type"] == "fixed-delay"


def test_run_that_is_refused_once_it_has_its_folder_leaves_the_earlier_one(tmp_path: Path) -> None:
    config, output, source = write_fraud_config(tmp_path / "config"), tmp_path / "out", tmp_path / "in.jsonl.gz"
    packed = gzip.compress(b"".join(b'{"n": %d}\n' % number for number in range(9_000)))
    source.write_bytes(packed[: len(packed) // 2])
    given = RunRequest("fraud-detection", output, str(source), config, environ={})
    with pytest.raises(JobError, match="expected a whole gzip file"):
        run(given)
    assert not output.exists()
    with claim(output, is_overwriting=False):
        (output / "summary.json").write_text("old")
    with pytest.raises(JobError, match="expected a whole gzip file"):
        run(replace(given, is_overwriting=True))
    assert {path.name for path in output.iterdir()} == {"summary.json", MARKER}
    with claim(output, is_overwriting=True), pytest.raises(JobError, match="got that of a run at work; stop it"):
        run(replace(given, is_overwriting=True))
