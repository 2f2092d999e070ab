"""A session cluster of two TaskManagers, and `gress` as a user of it types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gress.cluster.conf import ClusterRequest
from gress.cluster.local import LocalCluster
from jobs.flink.rest import FlinkRest


@dataclass(frozen=True)
class TestCluster:
    """The cluster that all tests of a session share.

    Attributes:
        request: what it was started with.
        started: what came of it.
    """

    __test__ = False

    request: ClusterRequest
    started: LocalCluster

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return self.started.address

    @property
    def rest(self) -> FlinkRest:
        """Its REST API."""
        return FlinkRest(self.address)

    def gress(self, command: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run `gress COMMAND --cluster ...` in a folder."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        gress = [str(Path(sys.executable).parent / "gress"), command, *map(str, arguments), "--cluster", self.address]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRESS_ML")}
        return subprocess.run(
            gress, env=environment | {"PATH": path}, cwd=folder, capture_output=True, text=True, check=False
        )

    def answer(self, command: str, *arguments: object, folder: Path) -> Any:
        """The document that a command prints with --json."""
        done = self.gress(command, *arguments, "--json", folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def cancel(self, job: str) -> None:
        """Cancel a job and wait for its end: others need its slots."""
        self.rest.patch(f"/jobs/{job}?mode=cancel")
        wait_until(lambda: self.rest.job(job).is_ended)


def wait_until(is_so: Callable[[], bool], *, patience_s: float = 400.0) -> None:
    """Ask now and then until the answer is yes."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {patience_s:.0f} s"
        time.sleep(0.2)
