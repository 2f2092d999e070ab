"""`gress top` as a process, on a real endpoint, in a real terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gress.cli.main import main
from jobs.flink.ports import free_port
from tests.support.flink_stub import FlinkStub, healthy_job, serve
from tests.support.processes import GRESS, ROOT, endpoint

COLOUR = re.compile(rb"\x1b\[[0-9;]*[349][0-7]m")
SHOW_CURSOR, HIDE_CURSOR = b"\x1b[?25h", b"\x1b[?25l"
OTHER_SCREEN, FIRST_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
KEYS = {
    "at", "interval_s", "endpoints", "job", "rows_per_s", "rows_per_s_minute", "rows_total", "history", "latency_s",
    "end_to_end_s", "batch_rows", "queue_rows", "versions", "variants", "shadows", "fallbacks", "dead_letters",
    "drift", "swaps", "load_errors", "registry_errors", "learning",
}  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with endpoint(tmp_path_factory.mktemp("metrics") / "values") as found:
        yield found


def gress_top(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GRESS, "top", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_once_as_json_tells_what_the_workers_do(address: str) -> None:
    gone = f"127.0.0.1:{free_port()}"
    done = gress_top(address, gone, "--once", "--json", "--interval", "1s")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert set(found) == KEYS
    assert found["endpoints"] == [
        {"endpoint": address, "problem": "", "has_metrics": True},
        {"endpoint": gone, "problem": "Connection refused", "has_metrics": False},
    ]
    # 100 rows every 20 ms and a little, on a machine that may be busy.
    assert 300 < found["rows_per_s"] <= 5_500
    new, old = found["versions"]
    assert (new["version"], new["breaker"], new["loaded"]) == ("2.0.0", None, 1)
    assert (old["version"], old["breaker"]) == ("1.0.0", "open")
    assert new["share"] == pytest.approx(0.8, abs=0.05)
    # All observations lie in the bucket of 1 to 5 ms.
    assert found["latency_s"]["p50"] == pytest.approx(0.001 + 0.004 * 0.5)
    assert found["latency_s"]["p99"] == pytest.approx(0.001 + 0.004 * 0.99)
    assert found["latency_s"]["mean"] == pytest.approx(0.003)
    assert found["batch_rows"]["mean"] == pytest.approx(50, abs=3)
    (dead,), (fallback,) = found["dead_letters"], found["fallbacks"]
    assert dead["labels"] == {"job": "fraud-detection", "stage": "parse", "reason": "malformed"}
    assert dead["per_minute"] == pytest.approx(60 * found["rows_per_s"] / 100, rel=0.2)
    assert fallback["per_minute"] == pytest.approx(2 * dead["per_minute"], rel=0.2)
    assert [(each["metric"], each["score"]) for each in found["drift"]] == [("overall", 0.91), ("feature:amount", 0.25)]
    assert [(each["labels"], each["total"]) for each in found["swaps"]] == [
        ({"job": "fraud-detection", "model": "fraud", "result": "swapped"}, 1)
    ]


def test_once_as_text_has_no_control_codes(address: str) -> None:
    done = gress_top(address, "--once", "--interval", "300ms")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    (total,) = re.findall(r"^rows/s .*  total ([\d,]+)", done.stdout, re.MULTILINE)
    assert int(total.replace(",", "")) > 0
    assert re.search(r"^fraud@2\.0\.0 +\d+\.\d % ", done.stdout, re.MULTILINE)
    assert re.search(r"^overall of fraud@2\.0\.0 +0\.91 !$", done.stdout, re.MULTILINE)


def test_nobody_answers_is_one_line() -> None:
    gone = f"127.0.0.1:{free_port()}"
    done = gress_top(gone)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"metrics of {gone}: expected an endpoint that answers, got Connection refused; ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nowhere",), "metrics endpoint: expected HOST:PORT, got 'nowhere'"),
        (("a:1", "--interval", "5"), "--interval: expected a duration such as 50ms"),
        (("a:1", "--interval", "10ms"), "--interval: expected 100ms or more, got '10ms'"),
        (("a:1", "--job", "x"), "--job: expected --cluster HOST:PORT beside it, got none"),
    ],
    ids=["endpoint", "no unit", "too short", "job without cluster"],
)
def test_what_is_wrong_is_one_line(
    arguments: tuple[str, ...], text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gress", "top", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(text)


def test_a_cluster_that_is_gone_is_said_and_figures_go_on(address: str) -> None:
    gone = f"127.0.0.1:{free_port()}"
    done = gress_top(address, "--cluster", gone, "--job", "fraud", "--json", "--interval", "100ms")
    found = json.loads(done.stdout)
    assert found["job"]["state"] == "down"
    assert "Connection refused" in found["job"]["checks"][0]["detail"]
    assert len(found["versions"]) == 2


def test_a_clusters_job_is_told_of_beside_its_figures(address: str) -> None:
    with serve(FlinkStub()) as flink:
        flink.answers = healthy_job(start_ms=round(time.time() * 1000))
        done = gress_top(address, "--cluster", flink.address, "--job", "fraud", "--once", "--interval", "100ms")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("fraud "))
    assert re.match(r"fraud RUNNING for \d+ s, tasks \d+ of \d+, restarts 0, checkpoints 3 completed", line)


class Terminal:
    """A command in a terminal of 80 columns and 24 lines."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._process = subprocess.Popen(
            [*GRESS, *arguments],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=clean | {"TERM": "xterm-256color"} | environment,
            start_new_session=True,
            # Ctrl-C goes to the session that owns the terminal, and only its first process can take it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(slave)
        self._master = master
        self.shown = b""

    def wait_for(self, is_there: Callable[[bytes], object], within_s: float = 20) -> None:
        end_s = time.monotonic() + within_s
        while not is_there(self.shown):
            assert time.monotonic() < end_s, self.shown[-2000:]
            self._read(0.1)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """The exit code, once the command is gone and all that it wrote was read."""
        end_s = time.monotonic() + 20
        while self._read(0.1):
            assert time.monotonic() < end_s, "it does not end"
        return self._process.wait(timeout=120)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self, timeout_s: float) -> bool:
        """Return whether the terminal is still open."""
        if not select.select([self._master], [], [], timeout_s)[0]:
            return True
        try:
            found = os.read(self._master, 65_536)
        except OSError:
            return False
        self.shown += found
        return bool(found)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def begin(*arguments: str, **environment: str) -> Terminal:
        started.append(Terminal(*arguments, **environment))
        return started[-1]

    yield begin
    for each in started:
        each.close()


def has_figures(shown: bytes) -> bool:
    """Return whether the screen shows a rate of hundreds or thousands of rows."""
    text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", shown)
    return bool(re.search(rb"rows/s +[1-9][0-9,]{2,} ", text)) and b"fraud@2.0.0" in text


def test_full_screen_until_ctrl_c(address: str, terminal: Callable[..., Terminal]) -> None:
    top = terminal("top", address, "--interval", "200ms")
    top.wait_for(has_figures)
    top.wait_for(lambda shown: shown.count(b"gress top") >= 3)
    assert OTHER_SCREEN in top.shown
    assert HIDE_CURSOR in top.shown
    assert SHOW_CURSOR not in top.shown
    assert COLOUR.search(top.shown)
    top.type(b"\x03")
    assert top.end() == 0
    assert b"Traceback" not in top.shown
    assert top.shown.rindex(SHOW_CURSOR) > top.shown.rindex(HIDE_CURSOR)
    assert top.shown.rindex(FIRST_SCREEN) > top.shown.rindex(OTHER_SCREEN)


def test_no_colour_where_none_is_wanted(address: str, terminal: Callable[..., Terminal]) -> None:
    top = terminal("top", address, "--interval", "200ms", NO_COLOR="1")
    top.wait_for(has_figures)
    top.type(b"\x03")
    assert top.end() == 0
    assert not COLOUR.search(top.shown)


def test_a_termination_leaves_the_terminal_as_it_was(address: str, terminal: Callable[..., Terminal]) -> None:
    top = terminal("top", address, "--interval", "200ms")
    top.wait_for(has_figures)
    top.terminate()
    assert top.end() == 128 + signal.SIGTERM
    assert top.shown.rindex(SHOW_CURSOR) > top.shown.rindex(HIDE_CURSOR)


def test_an_endpoint_that_goes_has_a_line_and_the_view_goes_on(
    address: str, terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    with endpoint(tmp_path / "other") as other:
        top = terminal("top", address, other, "--interval", "200ms")
        top.wait_for(has_figures)
    line = f"{other}: no answer".encode()
    top.wait_for(lambda shown: line in shown)
    top.shown = b""
    top.wait_for(lambda shown: line in shown and has_figures(shown))
    top.type(b"\x03")
    assert top.end() == 0


def test_without_a_terminal_text_again_and_again(address: str) -> None:
    command = [*GRESS, "top", address, "--interval", "200ms"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as top:
        assert top.stdout is not None
        titles = 0
        while titles < 3:
            line = top.stdout.readline()
            assert line
            assert "\x1b" not in line
            titles += line.startswith("gress top")
        top.send_signal(signal.SIGINT)
        _, errors = top.communicate(timeout=120)
    assert (top.returncode, errors) == (0, "")
