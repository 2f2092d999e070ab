"""A killer of a job's processes at random moments, which restarts them as an operator would."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import all_processes, descendants
from gress.cluster.conf import ClusterRequest
from gress.cluster.local import Member, read_cluster, start_cluster
from gress.dev.broker import DevKafka
from jobs.errors import JobError

VICTIMS = ("python", "taskmanager", "jobmanager", "broker")

_GRANTED = "granted leadership"
_RESTART_S = 2.0
_PATIENCE_S = 120.0
_ATTEMPTS = 3
_POLL_S = 0.2


@dataclass
class Killer:
    """A killer of processes of a cluster and its broker.

    Attributes:
        request: request with which the cluster was started.
        broker: broker from which the job reads and to which it writes.
        outage_s: seconds for which a killed broker stays away.
        killed: kinds of the processes killed so far.
    """

    request: ClusterRequest
    broker: DevKafka
    outage_s: float
    killed: list[str] = field(default_factory=list)

    def kill_at_random(self, victims: list[str], *, seed: int, seconds: float) -> None:
        """Kill each of ``victims`` once, in any order, at random moments of the next ``seconds``."""
        random_ = random.Random(seed)
        moments = sorted(random_.uniform(5, seconds) for _ in victims)
        order = random_.sample(victims, len(victims))
        start = time.monotonic()
        for moment, kind in zip(moments, order, strict=True):
            time.sleep(max(0.0, start + moment - time.monotonic()))
            pid = self.kill(kind, random_.choice)
            print(f"{time.monotonic() - start:.0f} s: {kind} {pid} was killed and is back", flush=True)

    def kill(self, kind: str, choose: Callable[[list[int]], int] = min) -> int:
        """Kill one process of a kind as soon as there is one, restart it, and return the killed one's id.

        Raises:
            TimeoutError: there was none for two minutes.
        """
        if kind == "broker":
            return self._interrupt_broker()
        pid = self._victim(kind, choose)
        self.killed.append(kind)
        # A TaskManager restarts its Python worker by itself.
        if kind != "python":
            time.sleep(_RESTART_S)
            self._bring_back()
        return pid

    def _bring_back(self) -> None:
        """Restart dead processes, including those that die while others start."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(JobError):
                start_cluster(self.request)
                return
        start_cluster(self.request)

    def _victim(self, kind: str, choose: Callable[[list[int]], int]) -> int:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            found = self._processes(kind)
            try:
                if found:
                    pid = choose(found)
                    os.kill(pid, signal.SIGKILL)
                    return pid
            except ProcessLookupError:
                # The process ended by itself in between.
                continue
            time.sleep(_POLL_S)
        message = f"expected a process to kill as {kind}, got none for {_PATIENCE_S:.0f} s"
        raise TimeoutError(message)

    def _interrupt_broker(self) -> int:
        pid = self.broker.kill()
        self.killed.append("broker")
        time.sleep(self.outage_s)
        self.broker.start()
        return pid

    def _processes(self, kind: str) -> list[int]:
        members = [member for member in read_cluster(self.request.folder).members if member.role == kind]
        if kind == "python":
            return _python_workers(self.request)
        if kind == "jobmanager":
            # The other JobManager is a standby, whose death would disturb nothing.
            members = [max(members, key=lambda member: _leads_since(self.request.folder, member))]
        return sorted(member.pid for member in members)


def _python_workers(request: ClusterRequest) -> list[int]:
    roots = {member.pid for member in read_cluster(request.folder).members if member.role == "taskmanager"}
    below = descendants(all_processes(), roots) - roots
    return sorted(pid for pid in below if b"pyflink" in _command(pid) and b"java" not in _command(pid))


def _leads_since(folder: Path, member: Member) -> str:
    """Return the time at which a JobManager last became the leader, from its log; empty: never."""
    logs = (folder / "log").glob(f"flink-{member.name}-*.log")
    lines = (line for log in logs for line in log.read_text("utf-8", errors="replace").splitlines())
    return max((line[:23] for line in lines if _GRANTED in line), default="")


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
