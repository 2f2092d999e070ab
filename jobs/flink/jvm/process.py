"""The JVM that PyFlink starts: out of reach of terminals' signals, asked no more than needed, with a reason to end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from jobs.errors import JobError

_KEPT_BYTES = 8_192
_PATIENCE_S = 5.0
_MOMENT_S = 0.2
_CLIENT = "py4j."
# Flink writes the columns of a table as a chain, a call inside a call each: the default of 1 MB ends at 2,000 columns.
_STACK = "-Xss8m"

# A process has one JVM; another comes only after that has ended.
_STARTED: list[_Jvm] = []


def keep_jvm() -> None:
    """Let PyFlink start its JVM in a session of its own, and remember the process.

    A signal to the group of this process, as supervisors and terminals send it, would end the JVM before this process
    could stop the job. The JVM ends with this process in any case: it calls this process all the time, and ends where
    nobody answers.
    """
    from pyflink import pyflink_gateway_server

    if pyflink_gateway_server.Popen is not _Jvm:
        pyflink_gateway_server.Popen = _Jvm
        for logger in (logging.getLogger(), logging.getLogger("py4j.java_gateway")):
            logger.addFilter(_is_worth_telling)


def remember_packages() -> None:
    """Let PyFlink ask the JVM once for each Java package, and for each class in it.

    PyFlink names classes in full, and a job's plan takes some thousand names. Each part of a name is a question of its
    own, for which the JVM looks through all jars for a class that is called so: a fifth of the time of a short run.
    Packages and classes stay what they are. A package in capitals may be a class of a jar that comes later.
    """
    from py4j.java_gateway import JavaClass, JavaPackage, JVMView

    # Short names of classes mean what was imported last.
    for kind, kept in ((JVMView, ()), (JavaPackage, (JavaClass,))):
        ask = kind.__getattr__
        if ask.__module__ != __name__:
            kind.__getattr__ = _asked_once(ask, kept)


def _asked_once(ask: Callable[[Any, str], Any], kept: tuple[type, ...]) -> Callable[[Any, str], Any]:
    """Return a way to ask that keeps answers as attributes, for which Python does not ask again."""

    def getattr_(self: Any, name: str) -> Any:
        found = ask(self, name)
        if name.islower() or isinstance(found, kept):
            self.__dict__[name] = found
        return found

    return getattr_


def jvm_problem(error: BaseException) -> JobError | None:
    """Return the error for a JVM that has ended, if that is why a call of it failed; otherwise None.

    Args:
        error: error of the call.
    """
    if not _STARTED or not any(each.__module__.startswith(_CLIENT) for each in type(error).__mro__):
        return None
    jvm = _STARTED[-1]
    try:
        status = jvm.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return None
    said = jvm.last_line()
    got = f"its end by {signal.Signals(-status).name}" if status < 0 else f"its end with code {status}"
    return JobError(
        "Java",
        f"expected its process to run as long as the job, got {got}{f' after it said {said!r}' if said else ''}",
        "the system ends large processes where memory is short, and its log names them; `gress run --resume` goes on "
        "from the last checkpoint",
    )


class _Jvm(subprocess.Popen[bytes]):
    """The JVM's process, whose standard error is read all the time: a JVM that writes into a full pipe stands still."""

    def __init__(self, command: list[str], **options: Any) -> None:
        # Of two sizes the later counts, which is the user's own.
        super().__init__([command[0], _STACK, *command[1:]], start_new_session=True, **options)
        if self.stderr is not None:
            self.stderr = _Tail(self.stderr)  # type: ignore[assignment]
        _STARTED[:] = [self]

    def last_line(self) -> str:
        """Return the last line of its standard error that is no warning; "" for none."""
        lines = self.stderr.read().decode(errors="replace").split("\n") if self.stderr else []
        told = (line.strip() for line in reversed(lines) if not line.startswith("WARNING: "))
        return next(filter(None, told), "")


class _Tail:
    """The last bytes that come out of a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe, self._kept = pipe, b""
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def read(self) -> bytes:
        """Return the last bytes once no process can write more, as PyFlink does where a JVM does not start."""
        self._thread.join(_PATIENCE_S)
        return self._kept

    def close(self) -> None:
        """Leave the pipe to its thread, which ends with the JVM."""

    def _drain(self) -> None:
        with self._pipe:
            while read := os.read(self._pipe.fileno(), _KEPT_BYTES):
                self._kept = (self._kept + read)[-_KEPT_BYTES:]


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Return False for a log record about a call to a JVM that has ended; the end itself is reported once."""
    if record.module != "java_gateway" or not _STARTED:
        return True
    # A call fails a moment before its process counts as ended.
    with suppress(subprocess.TimeoutExpired):
        _STARTED[-1].wait(_MOMENT_S)
    return _STARTED[-1].returncode is None
