"""Execution of statements: each is checked, started, waited for, and shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from conf.errors import ConfigError
from conf.loading.masking import masked_tree
from gress.sql.interrupts import heed_interrupts, held_interrupts
from gress.sql.problems import problem
from gress.sql.result_jobs import causes_of, job_of
from gress.sql.rows import Rows, wait_for
from gress.sql.session import SqlSession
from gress.sql.session_models import SessionModels
from gress.sql.statements import Statement
from gress.sql.text_table import Later, TextTable
from gress.sql.whole_rows import WholeRows
from jobs.errors import JobError
from jobs.flink.jvm.hidden_options import options_from_environment
from jobs.runs.hidden_values import hiding_values
from models.errors import ModelError
from udfs.features.errors import FeatureError

if TYPE_CHECKING:
    from pyflink.table import TableResult

Show = Callable[[Iterable[str]], None]
"""Shows lines as they come."""

_QUERIES = ("PlannerQueryOperation", "QueryOperation")


class StatementError(JobError):
    """A statement that is wrong, or whose job failed.

    Args:
        origin: file that holds it, or the name of the prompt.
        line: in that file.
        text: expected, got, and the remedy.
    """

    def __init__(self, origin: str, line: int, text: str) -> None:
        super().__init__(f"{origin}:{line}", text)


@dataclass(frozen=True)
class Executor:
    """Statements of one origin in one session.

    Attributes:
        session: to run them in.
        models: models that they may name.
        show: shows the lines of an answer.
        show_bounded: shows the lines of a result that ends; a terminal may page them.
        later: treatment of texts of a result that ends which are wider than those of its first page.
    """

    session: SqlSession
    models: SessionModels
    show: Show
    show_bounded: Show
    later: Later = "keep"

    @held_interrupts()
    def run(self, statement: Statement, origin: str) -> None:
        """Execute a statement and show its answer; an INSERT is waited for.

        Raises:
            KeyboardInterrupt: the user pressed Ctrl-C; a job of the statement is cancelled.
            SessionEnd: it was QUIT or EXIT.
            StatementError: Flink refuses it, or its job failed.
        """
        with hiding_values(self.session.options.settings):
            try:
                self._run(statement.text)
            except SessionEnd:
                raise
            except (ConfigError, FeatureError, JobError, ModelError) as error:
                raise StatementError(origin, statement.line, str(error)) from None
            except Exception as error:
                _refuse(error, self.session, statement, origin)

    def _run(self, text: str) -> None:
        operation = self.session.parse(text)
        kind = operation.getClass().getSimpleName()
        own = _OWN.get(kind)
        if own is not None:
            self.show(own(self.session, operation))
            return
        self.models.check(operation)
        heed_interrupts()
        result = self.session.query(text) if kind in _QUERIES else self.session.execute(text)
        with job_of(result):
            if kind in _QUERIES:
                self._show_rows(result)
            elif (client := result.get_job_client()) is not None:
                wait_for(result.wait)
                # Flink counts no rows that a sink got.
                self.show([f"OK: job {client.get_job_id()}"])
            elif result.get_table_schema().get_field_names() == ["result"]:
                self.show(_texts(result))
            else:
                self.show_bounded(itertools.chain(bounded_lines(result, self.later), self.models.describe(operation)))
        self.models.follow(operation)

    def _show_rows(self, result: TableResult) -> None:
        is_batch = self.session.is_batch
        # The caller may stop before their end.
        with closing(bounded_lines(result, self.later) if is_batch else live_lines(result)) as lines:
            (self.show_bounded if is_batch else self.show)(lines)


def _texts(result: TableResult) -> Iterator[str]:
    """Return the texts of an answer that is no table, such as a plan, as they are."""
    with result.collect() as rows:
        for row in rows:
            yield str(row[0]).rstrip()


def live_lines(result: TableResult) -> Generator[str, None, None]:
    """Return the rows of a stream as lines, as they come; the first column says what each does to those before it."""
    names = ["op", *result.get_table_schema().get_field_names()]
    table = TextTable(names, [place + 1 for place in _numbers(result)])
    return _lines(result, table, lambda row: (str(row.get_row_kind()), *row))


def bounded_lines(result: TableResult, later: Later = "keep") -> Generator[str, None, None]:
    """Return the rows of a bounded result as lines, and their number as the last line."""
    return _lines(result, TextTable(result.get_table_schema().get_field_names(), _numbers(result), later), tuple)


def _numbers(result: TableResult) -> list[int]:
    from pyflink.table.types import NumericType

    types = result.get_table_schema().get_field_data_types()
    return [place for place, kind in enumerate(types) if isinstance(kind, NumericType)]


def _lines(
    result: TableResult, table: TextTable, values: Callable[[Any], tuple[Any, ...]]
) -> Generator[str, None, None]:
    count = 0
    with result.collect() as source:
        rows = Rows(WholeRows(source))
        try:
            for block in rows.blocks():
                count += len(block)
                yield from table.block(map(values, block))
        finally:
            rows.stop()
    yield from () if count else table.block([])
    yield f"{count:,} row{'s' * (count != 1)}"


def _refuse(error: Exception, session: SqlSession, statement: Statement, origin: str) -> NoReturn:
    causes = causes_of(error)
    if causes is None:
        raise error
    line, text = problem(causes, session.known(), statement.text)
    raise StatementError(origin, statement.line + line - 1, text) from error


def _set(session: SqlSession, operation: Any) -> list[str]:
    if not operation.getKey().isPresent():
        of_environment = [(key,) for key in options_from_environment(session.options.settings)]
        options = masked_tree(session.tables.get_config().get_configuration().to_dict(), hidden=of_environment)
        return [f"'{key}' = '{value}'" for key, value in sorted(options.items()) if not key.startswith(("$", "__"))]
    session.set_option(operation.getKey().get(), operation.getValue().get())
    return ["OK"]


def _reset(session: SqlSession, operation: Any) -> list[str]:
    session.reset_option(operation.getKey().orElse(None))
    return ["OK"]


def _help(session: SqlSession, operation: Any) -> list[str]:
    return [
        "SELECT, INSERT, CREATE TABLE, CREATE MODEL, SHOW TABLES, SHOW MODELS, DESCRIBE: as Flink's SQL has them.",
        "SET 'key' = 'value'; sets a Flink option, RESET 'key'; takes it back, SET; lists what is in effect.",
        f"Functions of this package: {', '.join(sorted(session.functions)) or 'none'}.",
        "QUIT; ends the session.",
    ]


def _quit(session: SqlSession, operation: Any) -> NoReturn:
    raise SessionEnd


class SessionEnd(Exception):
    """A statement that ends the session: QUIT or EXIT."""


_OWN: dict[str, Callable[[SqlSession, Any], list[str]]] = {
    "SetOperation": _set,
    "ResetOperation": _reset,
    "HelpOperation": _help,
    "QuitOperation": _quit,
}
"""Statements that a table environment leaves to its client."""
