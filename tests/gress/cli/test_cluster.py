"""`gress health` and the like, run in this process against answers of a table."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gress.cli.main import main
from tests.support.flink_stub import JOB, FlinkStub, healthy_job, serve

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = healthy_job(start_ms=round(time.time() * 1000))
        yield stub


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gress", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run_command


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({f"/jobs/{JOB}/metrics": []}, 0),
        ({f"/jobs/{JOB}": {"vertices": [{"id": "v1", "name": "S", "tasks": {"DEPLOYING": 1}}]}}, 1),
        ({"/overview": {"taskmanagers": 0, "slots-total": 0, "slots-available": 0}}, 2),
    ],
    ids=["well", "metrics missing", "starting", "no workers"],
)
def test_exit_code_is_the_health(flink: FlinkStub, run: Run, changes: dict[str, Any], code: int) -> None:
    flink.answers |= changes
    exit_code, out, err = run("health", "--cluster", flink.address, "--json")
    assert (exit_code, err) == (code, "")
    assert json.loads(out)["state"] == ("ok", "degraded", "down")[code]


def test_health_as_a_table(flink: FlinkStub, run: Run) -> None:
    code, out, _ = run("health", "--cluster", flink.address, "--job", "fraud")
    assert code == 0
    assert out.startswith(f"{flink.address}: ok\n")
    assert re.search(r"fraud\W+checkpoints\W+ok\W+3 completed", out)


def test_limit_is_a_duration(flink: FlinkStub, run: Run) -> None:
    assert run("health", "--cluster", flink.address, "--max-checkpoint-age", "1d")[0] == 0
    code, _, err = run("health", "--cluster", flink.address, "--max-checkpoint-age", "5")
    assert (code, err) == (2, "--max-checkpoint-age: expected a duration such as 50ms, 5s, 5m, 1h or 1d, got '5'\n")


def test_cluster_in_the_current_folder_is_the_default(flink: FlinkStub, run: Run, tmp_path: Path) -> None:
    code, out, err = run("health")
    assert (code, out) == (2, "")
    assert err.startswith("cluster gress-cluster: expected cluster.json of a started cluster, got none")
    (tmp_path / "gress-cluster").mkdir()
    tree = {"address": flink.address, "directory": str(tmp_path), "slots": 2, "members": []}
    (tmp_path / "gress-cluster" / "cluster.json").write_text(json.dumps(tree))
    assert run("health")[0] == 0


def test_savepoint_prints_the_path_that_submit_takes(flink: FlinkStub, run: Run) -> None:
    flink.answers |= {
        f"/jobs/{JOB}/savepoints": {"request-id": "r"},
        f"/jobs/{JOB}/savepoints/r": {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/sp/savepoint-1"}},
    }
    flink.answers[f"/jobs/{JOB}"]["state"] = "RUNNING"
    assert run("savepoint", "fraud", "--to", "/sp", "--cluster", flink.address)[:2] == (0, "/sp/savepoint-1\n")


def test_one_state_at_a_time(flink: FlinkStub, run: Run) -> None:
    given = ("--from-savepoint", "/a", "--from-checkpoint", "/b/c")
    code, _, err = run("submit", "fraud-detection", "--cluster", flink.address, *given)
    assert (code, err.count("\n")) == (2, 1)
    assert "expected one of --from-savepoint and --from-checkpoint, got both" in err


def test_down_without_a_cluster_stops_nothing(run: Run) -> None:
    code, out, _ = run("cluster", "down", "--dir", "nowhere")
    assert (code, out.split(";")[0]) == (0, "0 processes stopped")
