"""Runs that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs.run_folder.owner import MARKER

WAIT_S = 600


def start_run(
    config: Path, source: Path, output: Path, settings: Sequence[str], *options: str
) -> subprocess.Popen[bytes]:
    """Start `gress run` of the fraud job in a process of its own, which writes a log beside its folder."""
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(config)]
    command += ["--input", str(source), "--output", str(output), *options]
    with (output.parent / "log").open("wb") as log:
        given = [part for each in settings for part in ("--set", each)]
        return subprocess.Popen([*command, *given], stdout=log, stderr=log)


def kill_once(is_time: Callable[[], object], process: subprocess.Popen[bytes], output: Path) -> None:
    """Kill a run and its JVM, which would work on for seconds, once something has come; it must not end before."""
    deadline = time.monotonic() + WAIT_S
    while not is_time():
        assert process.poll() is None, (output.parent / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    jvm = int((output / MARKER).read_text("ascii").split()[0])
    for number in (process.pid, jvm):
        os.kill(number, signal.SIGKILL)
    process.wait()
    assert not (output / "summary.json").exists()


class WrittenAndSaved:
    """Whether a run has written rows into a folder since this was made, and a checkpoint since then."""

    def __init__(self, output: Path, folder: str) -> None:
        self._output, self._folder = output, folder
        self._files = self._written()
        self._checkpoints: set[Path] | None = None

    def __call__(self) -> bool:
        if self._checkpoints is None:
            if self._written() - self._files:
                self._checkpoints = self._saved()
            return False
        return bool(self._saved() - self._checkpoints)

    def _written(self) -> set[Path]:
        """Return files that no checkpoint has made visible; others are of a run before."""
        return {path for path in self._output.glob(f"{self._folder}/.part-*") if path.exists() and path.stat().st_size}

    def _saved(self) -> set[Path]:
        return set(self._output.glob(".checkpoints/*/chk-*/_metadata"))
