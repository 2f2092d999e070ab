"""Errors of Flink's SQL as one line: place, expected, got, nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from conf.nearest import suggest

_PLACE = re.compile(r"(?:From|At|at) line (\d+), column \d+(?: to line \d+, column \d+)?[:.]?\s*")
_ENCOUNTERED = re.compile(r'Encountered "(?P<got>.*?)" .*?Was expecting(?: one of)?:(?P<wanted>.*)', re.DOTALL)
_TRACED = re.compile(r"(?:\w+\.)+(?P<kind>[A-Z][\w$]*)(?:: (?P<message>.*))?", re.DOTALL)
_OPTION = re.compile(r"Could not parse value '(?P<got>[^']*)' for key '(?P<key>[^']+)'")
_NO_STATEMENT = "Non-query expression encountered"
# Flink parses these, and leaves them to its own client or gateway.
_NOT_RUN_HERE = re.compile(r"Unsupported SQL query! executeSql|doesn't support ExecutableOperation")
_STARTS = (
    "SELECT",
    "INSERT",
    "CREATE",
    "ALTER",
    "DROP",
    "DESCRIBE",
    "EXECUTE",
    "EXPLAIN",
    "SET",
    "RESET",
    "SHOW",
    "USE",
)
_NAMES = frozenset({"a name", "a text in quotes"})
_MOST_WANTED = 6
_INTERNAL = ("Exception: ", "Error: ")


@dataclass(frozen=True)
class Cause:
    """One link of a Java exception's chain: class, without its package, and message."""

    kind: str
    message: str


@dataclass(frozen=True)
class Known:
    """Names that a session knows; each is asked for only where a text needs it."""

    tables: Callable[[], Iterable[str]] = tuple
    columns: Callable[[], Iterable[str]] = tuple
    functions: Callable[[], Iterable[str]] = tuple


def traced_causes(trace: str) -> list[Cause]:
    r"""Return the chain of a Java exception that is known by its stack trace alone; none: the text is no such trace.

    >>> traced_causes("a.TableException: No jar\n\tat a.C.d()\nCaused by: java.io.IOException: full\n\t... 3 more")
    [Cause(kind='TableException', message='No jar'), Cause(kind='IOException', message='full')]
    """
    kept = [line for line in trace.splitlines() if not line.startswith(("\tat ", "\t... "))]
    links = "\n".join(kept).split("\nCaused by: ")
    found = [_TRACED.fullmatch(link.strip()) for link in links]
    return [Cause(one["kind"], one["message"] or "") for one in found if one] if all(found) else []


def problem(causes: Sequence[Cause], known: Known, statement: str = "") -> tuple[int, str]:
    """Return the line in the statement that an error is about, from 1, and the error as one line.

    Args:
        causes: chain of the exception, outermost first.
        known: names to find the nearest in.
        statement: text that failed.
    """
    messages = [cause.message for cause in causes if cause.message]
    placed = next(filter(None, map(_PLACE.search, messages)), None)
    line = int(placed[1]) if placed else 1
    for message in messages:
        told = _of_statement(message, statement)
        if told:
            return line, told
    # The innermost says most: a job that failed wraps it several times.
    return line, _plain(messages[-1] if messages else causes[-1].kind, known)


def _of_statement(message: str, statement: str) -> str | None:
    """Return the problem of a statement that is none, or of an option; its other causes say less."""
    syntax = _ENCOUNTERED.search(message)
    if syntax:
        return _syntax(syntax["got"], syntax["wanted"])
    option = _OPTION.search(message)
    if option:
        return f"{option['key']}: expected a value of its type, got {option['got']!r}; RESET takes it back"
    words = statement.split()
    if _NO_STATEMENT in message and words:
        near = suggest(words[0].upper(), _STARTS)
        return "; ".join(filter(None, [f"expected a statement, got {words[0]!r}", near]))
    if _NOT_RUN_HERE.search(message):
        got = " ".join(words[:2]).upper() or "another"
        return f"expected a statement of gress sql, got {got}; `gress sql-client` may run it"
    return None


def _syntax(got: str, wanted: str) -> str:
    listed = [word for word in map(str.strip, wanted.replace("...", " ").splitlines()) if word]
    words = list(dict.fromkeys(map(_word, listed)))
    shown = ", ".join(words[:_MOST_WANTED]) + (", or others" if len(words) > _MOST_WANTED else "")
    # Where nothing but a name may stand, a word that is refused has a meaning of its own.
    is_reserved = bool(words) and _NAMES.issuperset(words) and got.isidentifier()
    remedy = f"; as a name, write `{got}` in backquotes" if is_reserved else ""
    return f"expected {shown or 'another word'}, got {_word(got)}{remedy}"


def _word(token: str) -> str:
    """Return a token of the grammar in plain English."""
    bare = token.strip().strip('"').removesuffix(" <EOF>")
    if "IDENTIFIER>" in bare:
        return "a name"
    return {"<EOF>": "the end of the statement", "<QUOTED_STRING>": "a text in quotes"}.get(bare, bare)


_REFUSALS: tuple[tuple[re.Pattern[str], str, Callable[[Known], Callable[[], Iterable[str]]]], ...] = (
    (re.compile(r"Column '(?P<got>[^']+)' not found"), "a column of the tables", lambda known: known.columns),
    (
        re.compile(r"Object '(?P<got>[^']+)' not found|(?:identifier|find table) '(?P<path>[^']+)'"),
        "a table or view",
        lambda known: known.tables,
    ),
    (re.compile(r"function signature (?P<got>\w+)\("), "a function that takes these", lambda known: known.functions),
)


def _plain(message: str, known: Known) -> str:
    for pattern, expected, names in _REFUSALS:
        found = pattern.search(message)
        if found:
            got = next(filter(None, found.groups())).rpartition(".")[2].strip("`")
            near = suggest(got, (name for name in names(known)() if name != got))
            return "; ".join(filter(None, [f"expected {expected}, got {got!r}", near]))
    return one_line(_PLACE.sub("", message))


def one_line(message: str) -> str:
    r"""Return the message of an exception as one line, without the names of wrapping classes and the stack.

    >>> one_line("SQL validation failed. Traceback (most recent call last):\n  f()\nValueError: no")
    'ValueError: no'
    >>> one_line("Cannot apply '+'\nto   texts")
    "Cannot apply '+' to texts"
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any(line.endswith("Traceback (most recent call last):") for line in lines):
        return next((line for line in reversed(lines) if any(mark in line for mark in _INTERNAL)), lines[-1])
    kept = [line for line in lines if not line.startswith("at ")]
    return " ".join(" ".join(kept).split()).removeprefix("SQL validation failed. ")
