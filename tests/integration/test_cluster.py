"""The README's `flink run` on a standalone session cluster: separate JobManager and TaskManager processes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.java import find_java

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 90

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Cluster:
    home: Path
    environment: dict[str, str]
    rest: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    import pyflink

    home, folder, port = Path(pyflink.__path__[0]), tmp_path_factory.mktemp("cluster"), free_port()
    shutil.copytree(home / "conf", folder / "conf")
    (folder / "log").mkdir()
    options = {
        "taskmanager.numberOfTaskSlots": "2",
        "jobmanager.rpc.port": str(free_port()),
        "rest.port": str(port),
        "env.log.dir": str(folder / "log"),
        "env.pid.dir": str(folder / "pid"),
        "io.tmp.dirs": str(folder),
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
    }
    # As the README says: our options, valid as they stand, and then the cluster's own.
    shipped = (REPOSITORY / "flink-conf.yaml").read_text()
    own = "".join(f"{key}: {value}\n" for key, value in options.items())
    (folder / "conf" / "config.yaml").write_text(f"{shipped}\n{own}")
    java = find_java()
    assert java is not None
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"FLINK_CONF_DIR": str(folder / "conf"), "JAVA_HOME": str(java.home)}
    subprocess.run(["bash", home / "bin" / "start-cluster.sh"], env=environment, check=True, capture_output=True)
    try:
        wait_for_slots(port)
        yield Cluster(home, environment, f"127.0.0.1:{port}")
    finally:
        subprocess.run(["bash", home / "bin" / "stop-cluster.sh"], env=environment, check=False, capture_output=True)


def wait_for_slots(port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/overview", timeout=2) as answer:
                if json.load(answer)["slots-available"] >= 2:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(0.5)
    pytest.fail(f"the cluster has no slots after {START_S} s")


def test_fraud_job_runs_on_a_session_cluster(cluster: Cluster, tmp_path: Path) -> None:
    client = [cluster.home / "bin" / "flink", "run", "-m", cluster.rest]
    environment = ["-pyexec", sys.executable, "-pyclientexec", sys.executable]
    job = ["-pym", "jobs.cli", "run", "fraud-detection", "--input", "generator:days=12,customers=60,terminals=200"]
    done = subprocess.run(
        [*client, *environment, *job, "--output", str(tmp_path / "out")],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=cluster.environment,
    )  # fmt: skip
    assert "Job has been submitted" in done.stdout, done.stdout + done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["events"] == summary["predictions"] > 500
