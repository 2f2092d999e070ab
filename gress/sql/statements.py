"""Statements in a text of SQL, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?!\+).*?\*/)|(?P<text>'(?:[^']|'')*'|`(?:[^`]|``)*`|"[^"]*")|(?P<open>['`"]|/\*(?!\+))"""
    r"""|(?P<end>;)|(?P<word>\w+)|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)
_OPENS_BY_ITSELF = ["BEGIN", "STATEMENT", "SET"]
_OPENS = ["STATEMENT", "SET", "BEGIN"]


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        text: without the semicolon, and without comments around it.
        line: of its first word in the whole text, from 1.
    """

    text: str
    line: int


@dataclass(frozen=True)
class Split:
    """Statements of a text.

    Attributes:
        statements: those that a semicolon ends.
        rest: the one behind the last semicolon; None: nothing but blanks and comments is there.
        unclosed: the quote or comment that the rest opens and does not close; "": none.
    """

    statements: tuple[Statement, ...]
    rest: Statement | None = None
    unclosed: str = ""


def split_statements(text: str) -> Split:
    r"""Return the statements of a text of SQL; semicolons in quotes, comments and statement sets end none.

    ``BEGIN STATEMENT SET; ... END`` becomes one statement in its other form, ``EXECUTE STATEMENT SET BEGIN ... END``.

    Args:
        text: any number of statements.

    Example:
        >>> [each.text for each in split_statements("SELECT ';' -- no; end\n; SHOW TABLES;").statements]
        ["SELECT ';' -- no; end", 'SHOW TABLES']
    """
    found: list[Statement] = []
    current = _Current()
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "open":
            current.begin_at(token.start())
            return Split(tuple(found), _statement(text, current, len(text)), token.group())
        if token.lastgroup == "end" and not current.goes_on():
            if current.start is not None:
                found.append(_statement(text, current, token.start()))
            current = _Current()
        else:
            current.add(token)
    rest = None if current.start is None else _statement(text, current, len(text))
    return Split(tuple(found), rest)


@dataclass
class _Current:
    """The statement that is being read: where it begins, and the words that decide where it ends."""

    start: int | None = None
    words: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    first_end: int | None = None
    is_set: bool = False

    def begin_at(self, place: int) -> None:
        if self.start is None:
            self.start = place

    def add(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind in {"space", "comment"}:
            return
        self.begin_at(token.start())
        if kind == "end":
            self.first_end = self.first_end or token.start()
            self.last = []
            return
        self.last.append(token.group().upper())
        # Only the first words of a statement open a set; COMPILE AND EXECUTE PLAN has some before them.
        if not self.is_set and kind == "word":
            self.words.append(self.last[-1])
            self.is_set = self.words == _OPENS_BY_ITSELF or self.words[-3:] == _OPENS

    def goes_on(self) -> bool:
        return self.is_set and self.last != ["END"]


def _statement(text: str, current: _Current, stop: int) -> Statement:
    start = current.start or 0
    written = text[start:stop].rstrip()
    if current.words == _OPENS_BY_ITSELF and current.first_end is not None:
        head = text[start : current.first_end]
        # Flink counts lines in the statement, so it keeps its line breaks.
        written = "EXECUTE STATEMENT SET BEGIN" + "\n" * head.count("\n") + text[current.first_end + 1 : stop].rstrip()
    return Statement(written, text.count("\n", 0, start) + 1)
