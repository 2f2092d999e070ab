"""Errors of Flink's SQL as one line: place, expected, got, nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from conf.loading.masking import masked_text
from conf.nearest import suggest
from gress.sql.options.option_problem import option_problem
from jobs.flink.root_cause import without_own_class

_PLACE = re.compile(r"(?:From|At|at) line (\d+), column \d+(?: to line \d+, column \d+)?[:.]?\s*")
_SYNTAX = re.compile(
    r"""(?:Encountered "(?P<got>.*?)" |near the keyword '(?P<keyword>[^']+)')"""
    r""".*?Was expecting(?: one of)?:(?P<wanted>.*)""",
    re.DOTALL,
)
_FACTORY = re.compile(r"any factory for identifier '(?P<got>[^']*)' .*?identifiers are:(?P<known>.*)", re.DOTALL)
_FIELD = re.compile(r"Fail to deserialize at field: (?P<name>.+?)\.?$")
_NO_STATEMENT = "Non-query expression encountered"
_COLUMN = re.compile(r"Column '(?P<got>[^']+)' not found")
_SORTED_BY_FIELD = r"\bORDER\s+BY\b.*\)\s*\.\s*`?"
# Flink parses these, and leaves them to its own client or gateway.
_NOT_RUN_HERE = re.compile(r"Unsupported SQL query! executeSql|doesn't support ExecutableOperation")
_FIRST_WORDS = "SELECT INSERT CREATE ALTER DROP DESCRIBE EXECUTE EXPLAIN SET RESET SHOW USE"
_STARTS = tuple(_FIRST_WORDS.split())
_MOST_WANTED = 6
_WORDS_OF_A_VALUE = 60
_INTERNAL = ("Exception: ", "Error: ")
_ENDED = {
    "StatusRuntimeException: CANCELLED": "expected Python workers that run, got one that ended: it was killed, perhaps "
    "for its memory, or crashed; start the query again",
    "metadataHandlerProvider": "expected the planner of the session, got none since a call to it was broken off; "
    "start another session",
    "Index 0 out of bounds for length 0": "expected a column of a table in a call of a Python function, got literals "
    "alone, into which Flink turns rows of VALUES with a CAST; read them from a table, such as a file",
}
"""Texts of Java that do not name their subject, each with a plain text."""


@dataclass(frozen=True)
class Cause:
    """One link of a Java exception's chain: class, without its package, and message."""

    kind: str
    message: str


@dataclass(frozen=True)
class Known:
    """Names that a session knows; each is looked up only where a text needs it."""

    tables: Callable[[], Iterable[str]] = tuple
    columns: Callable[[], Iterable[str]] = tuple
    functions: Callable[[], Iterable[str]] = tuple


def problem(causes: Sequence[Cause], known: Known, statement: str = "") -> tuple[int, str]:
    """Return the line in the statement that an error is about, from 1, and the error as one line.

    Args:
        causes: chain of the exception, outermost first.
        known: names to find the nearest in.
        statement: text that failed.
    """
    messages = [cause.message for cause in causes if cause.message]
    field = next(filter(None, map(_FIELD.search, messages)), None)
    if field:
        return 1, _unread(field["name"], causes[-1])
    placed = next(filter(None, map(_PLACE.search, messages)), None)
    line = int(placed[1]) if placed else 1
    option = option_problem(messages)
    if option:
        return line, option
    for message in messages:
        told = _of_statement(message, statement)
        if told:
            return line, told
    # The innermost says most: a job that failed wraps it several times.
    innermost = messages[-1] if messages else causes[-1].kind
    told = next((told for mark, told in _ENDED.items() if mark in innermost), None)
    return line, told or masked_text(_plain(innermost, known))


def _unread(name: str, innermost: Cause) -> str:
    """Return the problem of a field of a file; Java's number parsers say of an empty one that it is empty, or crash."""
    is_empty = innermost.kind in ("NumberFormatException", "ArrayIndexOutOfBoundsException")
    is_empty = is_empty and innermost.message in ("empty String", "Index 0 out of bounds for length 0")
    got = "an empty one" if is_empty else innermost.message or innermost.kind
    fix = "; give the table 'csv.null-literal' = '' if it may be empty" if is_empty else ""
    return f"expected a value of its type in field {name!r}, got {got}{fix}"


def _of_statement(message: str, statement: str) -> str | None:
    """Return the problem of a statement that is none; its other causes say less."""
    syntax = _SYNTAX.search(message)
    if syntax:
        return _syntax(syntax["got"] or syntax["keyword"], syntax["wanted"], is_keyword=syntax["got"] is None)
    words = statement.split()
    if _NO_STATEMENT in message and words:
        if words[0].upper() in _STARTS:
            return f"expected a query in this {words[0].upper()}, got something else"
        near = suggest(words[0].upper(), _STARTS)
        return "; ".join(filter(None, [f"expected a statement, got {words[0]!r}", near]))
    column = _COLUMN.search(message)
    if column and re.search(_SORTED_BY_FIELD + re.escape(column["got"]), statement, re.IGNORECASE | re.DOTALL):
        return (
            f"expected a column in ORDER BY, got a field of a function's row; name it in the SELECT, as in "
            f"gress_predict(...).{column['got']} AS x, and ORDER BY x"
        )
    if _NOT_RUN_HERE.search(message):
        got = " ".join(words[:2]).upper() or "another"
        return f"expected a statement of gress sql, got {got}; `gress sql-client` may run it"
    return None


def _syntax(got: str, wanted: str, *, is_keyword: bool) -> str:
    listed = [word for word in map(str.strip, wanted.replace("...", " ").splitlines()) if word]
    # A word that is allowed there, but not before the next one, is listed with the words that are.
    behind = [word.removeprefix(f'"{got}" ') for word in listed if word.startswith(f'"{got}" ')]
    words = list(dict.fromkeys(map(_word, behind or listed)))
    shown = ", ".join(words[:_MOST_WANTED]) + (", or others" if len(words) > _MOST_WANTED else "")
    if len(words) > _WORDS_OF_A_VALUE:
        shown = "a column or another value"
    if behind:
        return f"expected {shown} behind {got}, got something else"
    return f"expected {shown or 'another word'}, got {_word(got)}{_remedy(got, listed, is_keyword=is_keyword)}"


def _remedy(got: str, listed: list[str], *, is_keyword: bool) -> str:
    if got == r"\"":
        return "; texts are in single quotes, names in backquotes"
    # A word that is refused where any name may stand has a meaning of its own.
    is_reserved = "<IDENTIFIER>" in listed and got.isidentifier() and not is_keyword
    return f", a reserved word; as a name it is `{got}`, in backquotes" if is_reserved else ""


def _word(token: str) -> str:
    """Return a token of the grammar in plain English."""
    if token == r"\"":
        return '"'
    bare = token.strip().strip('"').removesuffix(" <EOF>").replace('" "', " ")
    if "IDENTIFIER>" in bare:
        return "a name"
    if bare.endswith(("INTEGER_LITERAL>", "NUMERIC_LITERAL>")):
        return "a number"
    return {"<EOF>": "the end of the statement", "<QUOTED_STRING>": "a text in quotes"}.get(bare, bare)


_REFUSALS: tuple[tuple[re.Pattern[str], str, Callable[[Known], Callable[[], Iterable[str]]]], ...] = (
    (re.compile(r"any format factory for identifier '(?P<got>[^']+)'"), "a format that is at hand", lambda _: tuple),
    (_COLUMN, "a column of the tables", lambda known: known.columns),
    (
        re.compile(r"Object '(?P<got>[^']+)' not found|(?:identifier|find table) '(?P<path>[^']+)'"),
        "a table or view",
        lambda known: known.tables,
    ),
    (re.compile(r"function signature (?P<got>\w+)\("), "a function that takes these", lambda known: known.functions),
)


def _plain(message: str, known: Known) -> str:
    factory = _FACTORY.search(message)
    if factory:
        listed = factory["known"].split()
        shown = f"expected one of {', '.join(listed)}, got {factory['got']!r}"
        return "; ".join(filter(None, [shown, suggest(factory["got"], listed)]))
    for pattern, expected, names in _REFUSALS:
        found = pattern.search(message)
        if found:
            got = next(filter(None, found.groups())).rpartition(".")[2].strip("`")
            near = suggest(got, (name for name in names(known)() if name != got))
            return "; ".join(filter(None, [f"expected {expected}, got {got!r}", near]))
    return one_line(_PLACE.sub("", message))


def one_line(message: str) -> str:
    r"""Return the message of an exception as one line, without the names of wrapping classes and the stack.

    >>> one_line("SQL validation failed. Traceback (most recent call last):\n  f()\nmodels.errors.ModelError: no")
    'no'
    >>> one_line("Cannot apply '+'\nto   texts")
    "Cannot apply '+' to texts"
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.endswith("Traceback (most recent call last):") for line in lines):
        last = next((line for line in reversed(lines) if any(mark in line for mark in _INTERNAL)), lines[-1])
        return without_own_class(last)
    kept = [line for line in lines if not line.startswith("at ")]
    return " ".join(" ".join(kept).split()).removeprefix("SQL validation failed. ")
