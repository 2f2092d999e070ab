"""`gress metrics`: the catalogue, and an endpoint that outlives workers."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from jobs.flink.ports import free_port
from tests.support.commands import Run
from tests.support.processes import GRESS, ROOT, dead_letters, working
from udfs.metrics.catalogue import METRICS

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "values"


@pytest.fixture
def serve(port: int) -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [*GRESS, "metrics", "serve", "--port", str(port), "--bind", "127.0.0.1", *arguments]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for each in started:
        each.kill()
        each.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_the_endpoint_survives_the_worker_that_held_it(serve: Serve, port: int, folder: Path) -> None:
    with working(port, folder) as worker:
        seen = dead_letters(port)
        server = serve("--folder", str(folder))
        assert said(server) == f"port {port}: another process has it; waiting for its end\n"
        time.sleep(0.1)
        last = dead_letters(port)
        assert last >= seen > 0
        worker.kill()
        worker.wait()
    after = dead_letters(port, within_s=10)
    assert after >= last
    assert said(server) == f"http://127.0.0.1:{port}/metrics serves {folder}\n"
    # Nobody counts now, and nothing is lost.
    assert dead_letters(port) == after
    # A job after it goes on where this one ended, while the server keeps the port.
    with working(port, folder):
        assert dead_letters(port) > after
        assert server.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_waiting", [False, True], ids=["serving", "waiting"])
def test_a_signal_ends_it_well(serve: Serve, port: int, folder: Path, number: signal.Signals, is_waiting: bool) -> None:
    with socket.socket() as holder:
        if is_waiting:
            holder.bind(("127.0.0.1", port))
            holder.listen()
        server = serve("--folder", str(folder))
        assert ("waiting" in said(server)) == is_waiting
        server.send_signal(number)
        _, rest = server.communicate(timeout=120)
    assert (server.returncode, rest) == (0, "")


def test_it_serves_before_there_was_a_worker(serve: Serve, port: int, folder: Path) -> None:
    server = serve("--folder", str(folder))
    said(server)
    assert dead_letters(port) == 0


@pytest.fixture
def run(command_line: Run) -> Run:
    return partial(command_line, "metrics")


def test_catalogue_as_json(run: Run) -> None:
    code, out, _ = run("list", "--json")
    found = json.loads(out)["metrics"]
    assert code == 0
    assert [each["name"] for each in found] == [f"gress_ml_{name}" for name in METRICS]
    (batch,) = (each for each in found if each["name"] == "gress_ml_batch_size")
    assert (batch["kind"], batch["labels"], batch["merge"]) == ("histogram", ["job", "model", "version"], None)
    assert batch["buckets"][:2] == [1, 5]
    assert all(each["text"] and each["advice"] for each in found)


def test_catalogue_as_a_table(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert all(f" gress_ml_{name} " in out for name in METRICS)


@pytest.fixture
def untouched_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("untouched_signals")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--bind", "203.0.113.1"), "203.0.113.1:{port}: expected an address of this machine and a port that may be"),
        (("--folder", "/dev/null/x"), "folder /dev/null/x: expected one that can be made, got "),
        (("--bind", ""), "gress metrics serve: ml.metrics.bind: expected "),
    ],
    ids=["address", "folder", "empty"],
)
def test_what_cannot_be_served_is_one_line(run: Run, port: int, arguments: tuple[str, ...], text: str) -> None:
    code, out, err = run("serve", "--port", port, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(text.format(port=port))
