"""Models exchanged in a running job of the latency profile: good versions and bad ones, each event with its prediction.

The soak exchanges them in the throughput profile.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.latency.latency import accept
from benchmarks.latency.swap import BAD, CONFIG, GOOD, make_registry, read_rows
from benchmarks.rows import line, numbers
from models.registry import Registry

PROFILE = "latency"
_PAUSE_S = 0.01
_LONGEST_S = 300

pytestmark = pytest.mark.slow


@dataclass
class RunningJob:
    """A job that is fed until told otherwise."""

    folder: Path
    registry: Registry
    stop: threading.Event = field(default_factory=threading.Event)
    sent: int = 0

    def feed(self, connection: socket.socket) -> None:
        values = numbers(100)
        with connection:
            while not self.stop.is_set():
                event = line(self.sent, values[self.sent % 100], number=time.time_ns())
                connection.sendall(f"{event}\n".encode())
                self.sent += 1
                time.sleep(_PAUSE_S)

    def versions(self) -> set[str]:
        """Versions in what has been written so far."""
        return {row[2] for row in read_rows(self.folder / "took", PROFILE)}

    def rejected(self, version: str) -> bool:
        return any(record.kind == "rejected" for record in self.registry.records("network", version))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _LONGEST_S
        while not condition():
            assert time.monotonic() < end, f"not within {_LONGEST_S} s: {(self.folder / 'log').read_text()[-3000:]}"
            time.sleep(0.2)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[RunningJob]:
    registry = make_registry(tmp_path / "models", tmp_path, slow_nodes=0)
    overrides = (
        f"ml.model_registry.base_path={tmp_path / 'models'}",
        "ml.model_registry.watch_interval=200ms",
        f"execution.profile={PROFILE}",
        "execution.checkpoint_interval=1s",
    )
    running = RunningJob(tmp_path, registry)
    with socket.socket() as server, (tmp_path / "log").open("w") as log:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = str(server.getsockname()[1])
        command = [sys.executable, "-m", "benchmarks.latency.swap_job", str(CONFIG), port, str(tmp_path), *overrides]
        root = Path(__file__).parents[3]
        with subprocess.Popen(command, stdout=log, stderr=log, cwd=root) as process:
            feeder = threading.Thread(target=running.feed, args=(accept(server, process),))
            feeder.start()
            yield running
            running.stop.set()
            feeder.join()
            if process.poll() is None:
                process.kill()


def test_versions_come_and_go_and_every_event_is_scored_once(job: RunningJob) -> None:
    deployments = job.registry.deployments("network")
    job.wait_for(lambda: GOOD[0] in job.versions())
    deployments.promote(GOOD[1])
    job.wait_for(lambda: GOOD[1] in job.versions())
    for version in BAD:
        deployments.promote(version)
        job.wait_for(lambda version=version: job.rejected(version))
    deployments.promote(GOOD[2])
    job.wait_for(lambda: GOOD[2] in job.versions())
    deployments.rollback()
    rolled_back_ns = time.time_ns()
    job.wait_for(lambda: _last(job) == GOOD[1])
    job.stop.set()
    job.wait_for(lambda: len(read_rows(job.folder / "took", PROFILE)) == job.sent)
    rows = read_rows(job.folder / "took", PROFILE)
    assert len({row[0] for row in rows}) == job.sent
    assert {row[2] for row in rows} == set(GOOD[:3])
    assert not [row for row in rows if row[3]]
    assert [row[2] for row in rows if row[0] > rolled_back_ns][-1] == GOOD[1]


def _last(job: RunningJob) -> str:
    return max(read_rows(job.folder / "took", PROFILE))[2]
