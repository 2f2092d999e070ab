"""`gress sql`: statements of a file, of the command line, or of a prompt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from gress.cli.flags.session_flags import Batch, Config, FlinkConf
from gress.cli.flags.shared_flags import Registry, Set
from gress.cli.panels import RUN
from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from gress.sql.session import SqlSession
    from gress.sql.session_models import SessionModels
    from gress.sql.session_options import SessionOptions
    from gress.sql.statements import Statement
    from gress.sql.text_table import Later


_STANDARD_INPUT = Path("standard input")


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("sql", rich_help_panel=RUN)(sql_command)


def sql_command(
    file: Annotated[Optional[Path], typer.Argument(metavar="FILE", help="File of statements.")] = None,  # noqa: UP045
    text: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("-e", "--execute", help="Statements, with semicolons between them."),
    ] = None,
    place: Registry = None,
    config: Config = None,
    overrides: Set = None,
    flink_conf: FlinkConf = None,
    is_batch: Batch = False,
) -> None:
    """Score with SQL: run a file of statements, or ask at a prompt.

    Statements run one after the other; an INSERT is waited for, and the first that fails ends the command. Without
    FILE and -e, statements are typed at a prompt, where Ctrl-C ends a query and Ctrl-D the session, or read from
    standard input where that is no terminal.
    """
    if file is not None and text is not None:
        refuse("gress sql", "FILE or -e", "both")
    if file is None and text is None and not sys.stdin.isatty():
        file, text = _STANDARD_INPUT, sys.stdin.read()
    is_typed = file is None and text is None
    if is_typed:
        from gress.cli.sql.prompt import require_prompt

        require_prompt()
    given = () if is_typed else _statements(file, text)
    options = session_of(place, config, overrides, flink_conf, is_batch=is_batch)
    origin = "-e" if file is None else str(file)
    _run(given, origin, options)


def _statements(file: Path | None, text: str | None) -> tuple[Statement, ...]:
    """Return the statements of a file or of -e; refuse a quote without an end before anything runs."""
    from gress.sql.statements import split_statements

    origin = "-e" if file is None else str(file)
    if file is not None and text is None:
        text = read_statements(file)
    split = split_statements(text or "")
    if split.unclosed and split.rest is not None:
        closing = "*/" if split.unclosed == "/*" else split.unclosed
        refuse(f"{origin}:{split.rest.line}", f"a closing {closing} in this statement", "the end of the text")
    found = (*split.statements, *([split.rest] if split.rest is not None else []))
    if not found:
        refuse(origin, "a statement", "none")
    return found


def read_statements(file: Path) -> str:
    """Return the text of a file of statements.

    Raises:
        JobError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(str(file), f"cannot be read: {error}")


def session_of(
    place: str | None, config: Path | None, overrides: list[str] | None, flink_conf: Path | None, *, is_batch: bool
) -> SessionOptions:
    """Return the choices of a session: its registry and its settings reach the functions as parameters of jobs."""
    from gress.cli.registry_options import settings_with_registry
    from gress.sql.session_options import SessionOptions
    from models.registry import open_registry

    settings = settings_with_registry(place, config, overrides)
    registry = open_registry(settings.ml.model_registry)
    parameters = {"gress.registry": str(registry.store.folder or registry.url)}
    if config is not None:
        parameters["gress.config"] = str(config.absolute())
    return SessionOptions(settings, flink_conf, parameters, is_batch)


def models_of(session: SqlSession) -> SessionModels:
    """Return the models of a session: those of its registry, opened with the first question about them."""
    from gress.sql.session_models import SessionModels
    from models.registry import open_registry

    options = session.options
    config = (options.parameters or {}).get("gress.config", "")
    return SessionModels(session, lambda: open_registry(options.settings.ml.model_registry), config)


def _run(statements: tuple[Statement, ...], origin: str, options: SessionOptions) -> None:
    from gress.cli.sql.output import print_lines
    from gress.sql.execution import Executor, SessionEnd
    from gress.sql.interrupts import held_interrupts
    from gress.sql.session import SqlSession

    try:
        with held_interrupts():
            session = SqlSession(options)
        if not statements:
            from gress.cli.sql.prompt import start_prompt

            start_prompt(session, models_of(session))
        # A file of rows is read by programs, too.
        later: Later = "cut" if sys.stdout.isatty() else "keep"
        executor = Executor(session, models_of(session), print_lines, print_lines, later)
        for statement in statements:
            executor.run(statement, origin)
    except SessionEnd:
        return
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
