"""Prompt in a terminal: history, completion, and answers that are paged."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.types.printable import printable
from gress.cli.sql.output import page_lines, print_lines
from gress.sql.completion import Names, complete
from gress.sql.execution import Executor
from gress.sql.session import SqlSession
from gress.sql.session_models import SessionModels
from gress.sql.shell import talk
from gress.sql.statements import Statement
from jobs.errors import refuse

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession


def require_prompt() -> None:
    """Refuse to start without the library of the prompt.

    Raises:
        JobError: it is not installed.
    """
    if find_spec("prompt_toolkit") is None:
        fix = "pip install 'gress-ml[sql]', or name a FILE of statements"
        refuse("gress sql", "prompt_toolkit for its prompt", "none", fix)


def history_file(environ: Mapping[str, str]) -> Path:
    """Return the file of what was typed: below ``XDG_STATE_HOME``, else ``~/.local/state``."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "gress-ml" / "sql_history"


class PromptExecutor:
    """Executes statements of a prompt, and forgets after each what names there were.

    Args:
        session: to run them in.
        models: models that they may name.
    """

    def __init__(self, session: SqlSession, models: SessionModels) -> None:
        self._session, self._models = session, models
        self._executor = Executor(session, models, print_lines, page_lines, "cut")
        self._names: Names | None = None

    def run(self, statement: Statement, origin: str) -> None:
        """Execute a statement."""
        self._names = None
        self._executor.run(statement, origin)

    def names(self) -> Names:
        """Return the names that may be completed now."""
        if self._names is None:
            tables, known = self._session.tables, self._models.known
            self._names = Names(
                tuple(tables.list_tables()),
                tuple(self._session.columns()),
                tuple(tables.list_functions()),
                tuple(known.options.models),
                known.names(),
            )
        return self._names


def open_prompt(names: Callable[[], Names], history: Path, **given: Any) -> PromptSession[str]:
    """Return a prompt with history and completion.

    Args:
        names: what may be completed.
        history: file of what was typed, created with its folder if it is missing.
        given: input and output of the prompt; none: the terminal.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.history import FileHistory

    class _Words(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterator[Completion]:
            found = complete(document.text_before_cursor, names())
            return (Completion(word, start_position=-found.typed) for word in found.words)

    history.parent.mkdir(parents=True, exist_ok=True)
    return PromptSession(history=FileHistory(str(history)), completer=_Words(), complete_while_typing=False, **given)


def start_prompt(session: SqlSession, models: SessionModels) -> None:
    """Talk to the person at the terminal until QUIT or Ctrl-D."""
    executor = PromptExecutor(session, models)
    prompt = open_prompt(executor.names, history_file(os.environ))
    sys.stdout.write("Statements end with a semicolon. Ctrl-C ends a query, Ctrl-D the session; HELP; says more.\n")
    talk(executor, prompt.prompt, lambda text: sys.stderr.write(printable(text) + "\n"))
