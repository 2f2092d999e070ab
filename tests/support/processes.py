"""Workers, and the command, as processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gress.metrics.scrape import parse
from jobs.flink.ports import free_port
from jobs.workers.server import NAME

ROOT = Path(__file__).parents[2]
GRESS = (sys.executable, "-m", "gress.cli.main")
_START_S = 120.0


@contextmanager
def working(port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A worker that scores."""
    command = [sys.executable, "-m", "tests.support.scoring_worker", str(port), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "scoring\n"
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def endpoint(folder: Path) -> Iterator[str]:
    """HOST:PORT of a worker that scores."""
    port = free_port()
    with working(port, folder):
        dead_letters(port)
        yield f"127.0.0.1:{port}"


def dead_letters(port: int, within_s: float = _START_S) -> float:
    """The number of dead letters that a port's metrics tell of, as soon as they answer."""
    end_s = time.monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                counters = parse("", 0, answer.read().decode()).counters
            return sum(value for series, value in counters.items() if series.name == "dead_letters_total")
        except OSError:
            assert time.monotonic() < end_s, f"no endpoint within {within_s} s"
            time.sleep(0.05)


def python_workers(root: int) -> list[int]:
    """Flink's Python workers among the processes below one; their launchers and fork server are none."""
    parents = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit():
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return [pid for pid in parents if root in _ancestors(pid, parents) and _is_worker(pid)]


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid in parents:
        pid = parents[pid]
        yield pid


def _is_worker(pid: int) -> bool:
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        is_forked = Path(f"/proc/{pid}/comm").read_text().strip() == NAME
        is_of_server = b"jobs/workers/launcher.py" in command or b"jobs.workers.server" in command
        return is_forked or (b"pyflink.fn_execution" in command and not is_of_server)
    return False
