"""Every command of the README runs as it is written, or is named here with where it runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
RUN_ELSEWHERE = {
    "make demo": "the first `gress run` with more input, after the set-up that `make test` shares",
    "make test": "runs this test",
    "gress jars": "needs Maven: the fixture of tests/integration/kafka runs it",
    "gress dev": "runs until it is stopped: tests/integration/kafka/test_dev_kafka.py",
    "gress run fraud-detection --config kafka.yaml": "needs a broker: tests/integration/kafka/test_endless_run.py",
    "gress cluster": "tests/integration/test_cluster.py",
    "gress submit": "tests/integration/test_cluster.py",
    "gress health": "tests/integration/test_cluster.py",
    "gress top": "watches a job: tests/gress/top",
    "gress metrics serve": "runs until it is stopped: tests/gress/cli/test_metrics.py",
}


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


def test_every_command_is_known() -> None:
    unknown = [
        command
        for command in commands()
        if not command.startswith("gress ") and not any(command.startswith(known) for known in RUN_ELSEWHERE)
    ]
    assert not unknown
    assert len(commands()) >= 10


@pytest.mark.slow
def test_commands_run_in_order(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "conf", tmp_path / "conf")
    shutil.copy(REPOSITORY / "models" / "fraud-detector" / "2.0.0" / "model.onnx", tmp_path / "my-model.onnx")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands():
        if any(command.startswith(known) for known in RUN_ELSEWHERE):
            continue
        done = subprocess.run(
            shlex.split(command), capture_output=True, text=True, check=False, cwd=tmp_path,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip(), command
