"""Loop of the prompt: lines become statements, and an error or Ctrl-C ends a statement, but not the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gress.sql.execution import SessionEnd
from gress.sql.statements import Split, Statement, split_statements
from jobs.errors import JobError

FIRST, NEXT = "sql> ", "  -> "
ORIGIN = "sql"


class Runs(Protocol):
    """Anything that executes a statement."""

    def run(self, statement: Statement, origin: str) -> None:
        """Execute a statement."""


def talk(runs: Runs, read: Callable[[str], str], tell: Callable[[str], object]) -> None:
    """Read statements and execute each, until QUIT or the end of the input.

    Args:
        runs: executes statements.
        read: shows a prompt and returns a line; it raises EOFError at the end and KeyboardInterrupt for Ctrl-C.
        tell: function that shows an error.
    """
    typed = ""
    while True:
        try:
            typed += read(NEXT if typed else FIRST) + "\n"
        except KeyboardInterrupt:
            typed = ""
            continue
        except EOFError:
            return
        split = split_statements(typed)
        try:
            for statement in split.statements:
                _run(runs, statement, tell)
        except SessionEnd:
            return
        typed = _rest(split)


def _rest(split: Split) -> str:
    return "" if split.rest is None else split.rest.text + "\n"


def _run(runs: Runs, statement: Statement, tell: Callable[[str], object]) -> None:
    try:
        runs.run(statement, ORIGIN)
    except KeyboardInterrupt:
        tell("cancelled")
    except JobError as error:
        tell(str(error))
