"""Root cause in the text of a stack trace."""

from __future__ import annotations


def root_cause(trace: str) -> str:
    """Return the innermost cause of a Java stack trace, or the Python error in it if there is one.

    >>> root_cause(chr(10).join(["X: outer", "at a.b", "Caused by: java.io.IOException: disk full", "at c.d"]))
    'java.io.IOException: disk full'
    >>> root_cause(chr(10).join(["X: outer", "Caused by: java.lang.RuntimeException: Traceback", "ValueError: no"]))
    'ValueError: no'
    """
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    python = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and not _is_java(line)]
    return (python or causes or lines[:1] or ["no reason given"])[-1]


def _is_java(line: str) -> bool:
    return line.startswith(("Caused by: ", "java.", "org.apache."))
