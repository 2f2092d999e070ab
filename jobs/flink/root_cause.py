"""Root cause in the text of a stack trace, as one line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from conf.loading.masking import HIDDEN, is_secret
from jobs.errors import JobError

# Errors of this package say all that there is to say; the class of another is part of what happened.
_OWN_CLASS = re.compile(r"^(?:conf|gress|jobs|models|state|udfs)(?:\.\w+)*Error: ")
# Python's errors in a thread of the JVM, as in the latency profile and in windows.
_IN_A_THREAD = re.compile(r"^pemja\.core\.PythonException: <class '(?P<name>[\w.]+)'>: ?")
_LITTLE = 1 << 20
# Flink leaves out values that it hides.
_UNREAD = re.compile(r"Could not parse value(?: '(?P<value>.*?)')? for\s+key '(?P<key>[^']+)'", re.DOTALL)


def root_cause(trace: str) -> str:
    """Return the innermost cause of a Java stack trace, or the Python error in it if there is one.

    >>> root_cause(chr(10).join(["X: outer", "at a.b", "Caused by: java.io.IOException: disk full", "at c.d"]))
    'java.io.IOException: disk full'
    >>> root_cause(chr(10).join(["X: outer", "Caused by: java.lang.RuntimeException: Traceback", "ValueError: no"]))
    'ValueError: no'
    >>> root_cause("Caused by: pemja.core.PythonException: <class 'ValueError'>: no")
    'ValueError: no'
    """
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    threads = [_IN_A_THREAD.sub(r"\g<name>: ", line) for line in causes if _IN_A_THREAD.match(line)]
    python = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and not _is_java(line)]
    return (list(map(without_own_class, threads or python)) or causes or lines[:1] or ["no reason given"])[-1]


def without_own_class(line: str) -> str:
    """Return the line of a Python error without its class, if that is one of this package.

    >>> without_own_class("models.errors.ModelError: no version")
    'no version'
    """
    return _OWN_CLASS.sub("", line)


def hint_for(cause: str, folder: Path | None = None) -> str:
    """Return what a cause leaves out; "" where nothing more is known.

    Args:
        cause: text of ``root_cause``.
        folder: where the job keeps its checkpoints.
    """
    # Which of two errors comes first is a matter of chance, and this one says nothing of the other.
    if "TaskExecutor is shutting down" in cause:
        return "the database of job.sink.jdbc may have failed"
    # Flink names the step that failed, and keeps the reason to its log.
    if folder is not None and "checkpoint" in cause:
        with suppress(OSError):
            left = shutil.disk_usage(folder).free
            return f"No space left on device: {folder} has {left >> 10} KiB" if left < _LITTLE else ""
    return ""


def option_problem(trace: str) -> JobError:
    """Return the error for options that Flink does not take.

    Args:
        trace: text of the Java exception that says so.

    >>> print(option_problem("Could not parse value '5 ells' for key 'rest.timeout'. at X"))
    Flink option rest.timeout: expected a value that Flink can read, got '5 ells'; see Flink's page of options
    >>> print(option_problem("Could not parse value for key 'rest.timeout'. at X"))
    Flink option rest.timeout: expected a value that Flink can read, got a hidden value; see Flink's page of options
    """
    found = _UNREAD.search(trace)
    if found is None:
        return JobError("Flink's options", f"expected those of Flink, got {root_cause(trace)}")
    got = HIDDEN if found["value"] is None or is_secret((found["key"],)) else repr(found["value"])
    problem = f"expected a value that Flink can read, got {got}"
    return JobError(f"Flink option {found['key']}", problem, "see Flink's page of options")


@contextmanager
def naming_unread_options() -> Iterator[None]:
    """Plan a job; where Flink cannot read an option that only its planner reads, raise one line that names it."""
    from py4j.protocol import Py4JJavaError

    try:
        yield
    except Py4JJavaError as error:
        if _UNREAD.search(str(error)) is None:
            raise
        raise option_problem(str(error)) from None


def _is_java(line: str) -> bool:
    return line.startswith(("Caused by: ", "java.", "org.apache."))
