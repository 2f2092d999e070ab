"""Memory and open files of a cluster's processes, by their kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak.live_heap import live_heap_mib
from benchmarks.soak.processes import ProcessWatch

_HOLDS = (
    "import sys; kept = bytearray(40 << 20); files = [open('/dev/null') for _ in range(50)]; print(1, flush=True); "
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a cluster whose TaskManager is this process."""
    member = {"role": "taskmanager", "pid": os.getpid(), "name": "taskmanager-1"}
    tree = {"address": "127.0.0.1:1", "directory": str(tmp_path), "slots": 1, "members": [member]}
    (tmp_path / "cluster.json").write_text(json.dumps(tree))
    return tmp_path


def test_each_process_is_told_by_its_kind(folder: Path) -> None:
    watch = ProcessWatch(folder, look_s=60)
    command = [sys.executable, "-c", f"{_HOLDS}sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        watch.look(has_heap=True)
        watch.look(has_heap=False)
        child.stdin.close()
    watch.look(has_heap=False)
    # Tests before this one may have left Python processes of this process.
    found = watch.processes()
    assert (found["jobmanager"], found["taskmanager"], found["python"] >= 1) == (0, 1, True)
    seen = [(kind, quantity, pid) for _, kind, quantity, pid, _ in watch.samples()]
    assert seen.count(("taskmanager", "memory_mib", os.getpid())) == 3
    assert seen.count(("python", "open_files", child.pid)) == 2
    own = {quantity: value for _, _, quantity, pid, value in watch.samples() if pid == child.pid}
    assert 40 < own["memory_mib"] < 80
    assert 53 <= own["open_files"] < 70
    of_this = [value for _, *of, _, value in watch.samples() if of == ["taskmanager", "memory_mib"]]
    assert watch.latest()["taskmanager", "memory_mib"] == of_this[-1]
    assert watch.slopes(0)["taskmanager", "memory_mib"] is None


def test_a_fault_may_change_a_level_and_is_no_trend(tmp_path: Path) -> None:
    watch = ProcessWatch(tmp_path, look_s=60)
    watch.lives["python", "open_files"][1, 1] += [(float(at_s), 20.0 if at_s < 30 else 36.0) for at_s in range(60)]
    whole, parts = (watch.slopes(0, faults)["python", "open_files"] for faults in ((), (30.0,)))
    assert whole is not None
    assert whole.per_hour > 1_000
    assert parts is not None
    assert parts.per_hour == 0


def test_a_thread_looks_until_the_end(folder: Path) -> None:
    with ProcessWatch(folder, look_s=0.001) as watch:
        while len(watch.samples()) < 4:
            pass
    assert {quantity for _, _, quantity, _, _ in watch.samples()} == {"memory_mib", "open_files"}


def test_what_is_no_jvm_has_no_heap_and_goes_on() -> None:
    assert live_heap_mib(os.getpid()) is None
    assert live_heap_mib(1 << 22) is None
