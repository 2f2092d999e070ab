"""Workers from the fork server are as those of an ordinary Python, and none outlives what it belongs to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from jobs.workers import start
from jobs.workers.server import NAME
from jobs.workers.start import start_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the fork server")

PROGRAM = "tests.jobs.workers.program"
PRELOADED = "colorsys"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    python, process = start_server(PROGRAM, [PRELOADED, "numpy", "there_is_no_such_module"])
    yield python, process
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    assert not Path(python).parent.exists()


@pytest.fixture(scope="module")
def python(server: tuple[str, subprocess.Popen[bytes]]) -> str:
    return server[0]


def run(python: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", PROGRAM, *arguments], capture_output=True, text=True, timeout=240, check=False, **more
    )


def begin(python: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start a worker that waits; return its launcher and what it saw."""
    launcher = subprocess.Popen([python, "-m", PROGRAM, "wait"], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    return launcher, json.loads(launcher.stdout.readline())


def wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_worker_sees_what_an_ordinary_python_would(server: tuple[str, subprocess.Popen[bytes]], tmp_path: Path) -> None:
    python, process = server
    odd = tmp_path / "ü \udcff"
    odd.mkdir()
    environment = os.environ | {"PWD": str(odd), "ODD": "a\nb\udcff", "a.b": "dot", "LC_ALL": "C", "PYTHONUTF8": "0"}
    arguments = ["read", "--id=1-1", "two words", "", "ü"]
    more = {"input": "line\n", "cwd": odd, "env": environment}
    forked = json.loads(run(python, *arguments, **more).stdout)
    ordinary = json.loads(run(sys.executable, *arguments, **more).stdout)
    assert os.fsencode(forked.pop("folder")) == os.fsencode(ordinary.pop("folder"))
    for seen in (forked, ordinary):
        seen["environment"] = sorted(os.fsencode(f"{name}={value}") for name, value in seen["environment"].items())
        seen["arguments"] = [*map(os.fsencode, seen["arguments"])]
    for name in ("arguments", "environment", "said"):
        assert forked[name] == ordinary[name], name
    assert (forked["parent"], forked["name"]) == (process.pid, NAME)
    assert PRELOADED in forked["modules"]
    assert PRELOADED not in ordinary["modules"]


@pytest.mark.parametrize("variable", ["PYTHONPATH", "PYTHONSAFEPATH"])
def test_worker_with_other_paths_gets_a_python_of_its_own(variable: str, python: str) -> None:
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"PYTHONPATH": root}
    if variable == "PYTHONSAFEPATH":
        environment |= {"PYTHONSAFEPATH": "1"}
    seen = json.loads(run(python, "end", env=environment).stdout)
    assert seen["parent"] == os.getpid()
    assert PRELOADED not in seen["modules"]


def test_workers_draw_different_numbers(python: str) -> None:
    drawn = [json.loads(run(python, "end").stdout)["random"] for _ in range(3)]
    assert len(set(drawn)) == 3


def test_anything_else_is_ordinary_python(python: str) -> None:
    program = "import sys; print(sys.executable, sys.prefix, sys.argv[1:]); sys.exit(4)"
    found = subprocess.run([python, "-c", program, "a b"], capture_output=True, text=True, check=False)
    assert found.stdout == f"{sys.executable} {sys.prefix} ['a b']\n"
    assert found.returncode == 4


@pytest.mark.parametrize(("end", "status"), [("end", 0), ("status", 3), ("error", 1), ("kill", 137)])
def test_end_of_a_worker_is_that_of_its_launcher(end: str, status: int, python: str) -> None:
    found = run(python, end)
    assert found.returncode == status
    assert ("IndexError: pop from empty list" in found.stderr) is (end == "error")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_launcher_takes_its_worker_along(number: signal.Signals, python: str) -> None:
    launcher, seen = begin(python)
    launcher.send_signal(number)
    status = launcher.wait(30)
    assert status == (143 if number == signal.SIGTERM else -signal.SIGKILL)
    wait_until(lambda: not is_there(seen["pid"]))


def test_without_the_server_workers_start_as_usual_and_those_at_work_stay() -> None:
    python, process = start_server(PROGRAM, [])
    launcher, seen = begin(python)
    process.kill()
    process.wait()
    found = json.loads(run(python, "end").stdout)
    assert found["parent"] == os.getpid()
    assert is_there(seen["pid"])
    os.kill(seen["pid"], signal.SIGKILL)
    assert launcher.wait(30) == 1
    shutil.rmtree(Path(python).parent)


def test_launcher_that_says_nothing_hinders_no_other(python: str) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(Path(python).with_name("socket")))
        assert json.loads(run(python, "end").stdout)["name"] == NAME


def test_signal_to_all_processes_leaves_the_server_to_its_starter(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    python, process = server
    for number in (signal.SIGTERM, signal.SIGINT):
        process.send_signal(number)
    assert json.loads(run(python, "end").stdout)["parent"] == process.pid


@pytest.mark.parametrize(("end", "status"), [("end", 0), ("status", 3)])
def test_fork_of_all_that_workers_need_ends_like_any_other(end: str, status: int, loaded: str) -> None:
    found = run(loaded, end, env={name: value for name, value in os.environ.items() if name != "CI"})
    seen = json.loads(found.stdout)
    assert found.returncode == status
    assert {"pandas", "pyflink.fn_execution.beam.beam_sdk_worker_main", *start.MODULES} <= {*seen["modules"]}
    # Its telemetry is a thread, which a fork does not have.
    assert "onnxruntime" not in seen["modules"]
    assert seen["name"] == NAME


@pytest.fixture(scope="module")
def loaded() -> Iterator[str]:
    python, process = start_server(PROGRAM, start.MODULES)
    yield python
    process.kill()
    process.wait()
    shutil.rmtree(Path(python).parent)


def test_server_ends_and_tidies_when_its_starter_is_killed() -> None:
    program = (
        "import time\n"
        "from jobs.workers.start import start_server\n"
        f"python, server = start_server({PROGRAM!r}, [])\n"
        "print(python, server.pid, flush=True)\n"
        "time.sleep(120)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    python, pid = starter.stdout.readline().split()
    assert run(python, "end").returncode == 0
    starter.kill()
    starter.wait()
    wait_until(lambda: not is_there(int(pid)))
    assert not Path(python).parent.exists()


@pytest.mark.parametrize("hinders", ["long path", "space", "no programs"])
def test_where_no_server_can_be_this_interpreter_runs_workers(
    hinders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("a b" if hinders == "space" else "x" * 120)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    if hinders == "no programs":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert start.worker_python.__wrapped__() == sys.executable
    assert [path.name for path in folder.iterdir()] == []
    assert [path for path in tmp_path.iterdir() if path != folder] == []


def test_modules_to_import_first_exist() -> None:
    for name in (start.MODULE, *start.MODULES):
        assert find_spec(name) is not None
