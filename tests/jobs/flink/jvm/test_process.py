"""The JVM's process: its errors are read, and its end has a reason."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from py4j import java_gateway, protocol
from py4j.java_gateway import JavaPackage, JVMView
from py4j.protocol import Py4JNetworkError
from pyflink import pyflink_gateway_server

from jobs.flink.jvm.process import jvm_problem, keep_jvm, remember_packages

LOST = Py4JNetworkError("Answer from Java side is empty")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a test started in the way that PyFlink starts a JVM."""
    monkeypatch.setattr("jobs.flink.jvm.process._STARTED", [])
    monkeypatch.setattr(pyflink_gateway_server, "Popen", pyflink_gateway_server.Popen)
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def like_pyflink(started: list[subprocess.Popen[bytes]], program: str) -> subprocess.Popen[bytes]:
    keep_jvm()
    command = [sys.executable, "-c", program]
    process: subprocess.Popen[bytes] = pyflink_gateway_server.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    started.append(process)
    return process


def test_jvm_that_says_much_does_not_stand_still(start: list[subprocess.Popen[bytes]]) -> None:
    process = like_pyflink(start, "import sys; sys.stderr.write('no space left\\n' * 100_000)")
    assert process.wait(60) == 0


def test_pyflink_reads_why_a_jvm_did_not_start(start: list[subprocess.Popen[bytes]]) -> None:
    process = like_pyflink(start, "import sys; sys.exit('no such option')")
    assert process.wait(60) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b"no such option\n"


def test_calls_may_nest_as_deep_as_a_wide_table_wants_and_the_users_own_size_counts(
    start: list[subprocess.Popen[bytes]],
) -> None:
    process = like_pyflink(start, "pass")
    assert process.args == [sys.executable, "-Xss8m", "-c", "pass"]


def test_signals_of_a_terminal_do_not_reach_it(start: list[subprocess.Popen[bytes]]) -> None:
    process = like_pyflink(start, "import sys; sys.stdin.read()")
    assert os.getpgid(process.pid) == process.pid


@pytest.mark.parametrize(
    ("program", "got"),
    [
        ("import os; os.kill(os.getpid(), 9)", "got its end by SIGKILL; the system ends large processes where memory"),
        (
            "import sys; sys.exit('heap is full\\nWARNING: no such module')",
            "got its end with code 1 after it said 'heap is full'; the system",
        ),
        ("raise SystemExit(0)", "got its end with code 0; the system"),
    ],
    ids=["killed", "told why", "silent"],
)
def test_end_of_a_jvm_is_one_line(program: str, got: str, start: list[subprocess.Popen[bytes]]) -> None:
    like_pyflink(start, program)
    problem = jvm_problem(LOST)
    assert got in str(problem)
    assert "\n" not in str(problem)


def test_other_errors_and_living_jvms_are_not_its_end(
    start: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert jvm_problem(LOST) is None
    monkeypatch.setattr("jobs.flink.jvm.process._PATIENCE_S", 0.01)
    process = like_pyflink(start, "import sys; sys.stdin.read()")
    assert jvm_problem(LOST) is None
    process.kill()
    process.wait()
    assert jvm_problem(ValueError("no number")) is None


def test_calls_to_a_jvm_that_is_gone_are_not_logged(
    start: list[subprocess.Popen[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    keep_jvm()
    process = like_pyflink(start, "import sys; sys.stdin.read()")
    root = logging.getLogger()
    of_py4j = root.makeRecord("root", logging.ERROR, "py4j/java_gateway.py", 1, "Exception while sending", (), None)
    root.handle(of_py4j)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    root.handle(of_py4j)
    root.error("the user's own")
    assert caplog.messages == ["Exception while sending", "the user's own"]


class Client:
    """A JVM that knows one class, and keeps what it was asked for."""

    converters = ()
    gateway_property = SimpleNamespace(pool=None)

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.classes = {"org.some.Known"}

    def send_command(self, command: str) -> str:
        name = command.split("\n")[2]
        self.asked.append(name)
        return f"{protocol.SUCCESS_CLASS}{name}" if name in self.classes else protocol.SUCCESS_PACKAGE


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (JVMView, JavaPackage):
        monkeypatch.setattr(kind, "__getattr__", kind.__getattr__)
    remember_packages()
    remember_packages()


@pytest.mark.usefixtures("remembering")
def test_a_jvm_is_asked_once_for_each_package_and_class() -> None:
    client = Client()
    jvm = JVMView(client, "jvm", id="o1")
    for _ in range(3):
        assert isinstance(jvm.org.some.Known, java_gateway.JavaClass)
    assert client.asked == ["org", "org.some", "org.some.Known"]


@pytest.mark.usefixtures("remembering")
def test_a_class_of_a_jar_that_comes_later_is_found() -> None:
    client = Client()
    jvm = JVMView(client, "jvm", id="o1")
    assert isinstance(jvm.org.some.Later, JavaPackage)
    client.classes.add("org.some.Later")
    assert isinstance(jvm.org.some.Later, java_gateway.JavaClass)
