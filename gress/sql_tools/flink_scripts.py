"""Scripts of Flink's SQL client and gateway as processes: with the jars that PyFlink lacks, and options of settings."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from gress.sql_tools.client_output import ClientOutput
from gress.sql_tools.gateway_address import gateway_url, listening_line, wait_for_gateway
from jobs.flink.environment import prepare_process
from jobs.kafka.jars import SQL_TOOLS, find_jars

Tool = Literal["client", "gateway"]

_JARS_OF_PYFLINK = "flink-*.jar"


def run_tool(tool: Tool, arguments: Sequence[str], options: Mapping[str, str], *, reads_file: bool = False) -> int:
    """Run a tool of Flink in the foreground until it ends; return its exit code.

    Args:
        tool: Flink's SQL client or gateway.
        arguments: those of its script.
        options: of Flink; the arguments may set them again.
        reads_file: nobody types: errors are shortened, and the code is 1 after one, where Flink's is 0.

    Raises:
        JobError: there is no Java 11, 17 or 21, or the jar of the gateway was not fetched.
    """
    prepare_process()
    home = _flink_home()
    environment = {**os.environ, "FLINK_HOME": str(home), "FLINK_OPT_DIR": str(_folder_of_jars(home))}
    # Flink's sql-gateway.sh takes any argument with "-h" in it for a question, and starts a JVM that lacks its options.
    script = ["flink-console.sh", "sql-gateway"] if tool == "gateway" else ["sql-client.sh"]
    command = ["bash", str(home / "bin" / script[0]), *script[1:]]
    command += [*(f"-D{key}={value}" for key, value in options.items()), *arguments]
    if tool == "gateway":
        # Flink logs some hundred lines about itself; its warnings and errors stay.
        run = subprocess.Popen(command, env={"ROOT_LOG_LEVEL": "WARN", **environment})
        return _wait(run, ends_at_interrupt=True, before=lambda: _announce(gateway_url(options, arguments), run))
    if not reads_file:
        return _wait(subprocess.Popen(command, env=environment), ends_at_interrupt=False)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as client:
        output = ClientOutput()
        read = output.lines(client.stdout or ())
        return _wait(client, ends_at_interrupt=False, before=lambda: _write(read)) or output.code


def _announce(url: str, process: subprocess.Popen[bytes]) -> None:
    if wait_for_gateway(url, lambda: process.poll() is None):
        _write([listening_line(url)])


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _flink_home() -> Path:
    from pyflink.find_flink_home import _find_flink_home

    return Path(_find_flink_home())


def _folder_of_jars(home: Path) -> Path:
    """Return a folder with links to the jars of PyFlink and to the gateway's: the scripts look in one alone."""
    gateway, own = find_jars(SQL_TOOLS)[0], home / "opt"
    name = hashlib.sha256(str(own).encode()).hexdigest()[:12]
    folder = gateway.parent / f"links-{name}"
    folder.mkdir(exist_ok=True)
    for jar in (gateway, *sorted(own.glob(_JARS_OF_PYFLINK))):
        with suppress(FileExistsError):
            (folder / jar.name).symlink_to(jar)
    return folder


def _wait(process: subprocess.Popen[Any], *, ends_at_interrupt: bool, before: Callable[[], None] = lambda: None) -> int:
    """Return the exit code of a process, which ends when this one is ended; the client handles Ctrl-C itself.

    Args:
        process: that is waited for.
        ends_at_interrupt: an interrupt ends it.
        before: action that comes first, such as reading the output to its end.
    """

    def end(number: int, frame: object) -> None:
        process.terminate()

    handlers = {signal.SIGTERM: end, signal.SIGINT: end if ends_at_interrupt else signal.SIG_IGN}
    replaced = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        before()
        code = process.wait()
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
