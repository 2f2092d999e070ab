"""Tokens of a filter."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<double>(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+)
    |(?P<decimal>\d+\.\d*|\.\d+)
    |(?P<integer>\d+)
    |(?P<word>[^\W\d]\w*)
    |`(?P<quoted>(?:[^`]|``)+)`
    |'(?P<text>(?:[^']|'')*)'
    |(?P<sign><>|<=|>=|[=<>()+\-*/,])
    )""",
    re.VERBOSE,
)


class FilterError(ValueError):
    """A filter that cannot be evaluated here."""

    _known = (
        "; the numpy windows know comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL and arithmetic of fields and "
        "literals"
    )

    def __init__(self, text: str, expected: str, got: str) -> None:
        super().__init__(f"filter {text!r}: expected {expected}, got {got}{self._known}")


class FilterTypeError(FilterError):
    """A filter of two types: SQL makes one of the other, and ends the job at a row where it cannot.

    ``kind > 5`` reads a number from each text. After ``IN``, values take the type of the one before it: 2.5 becomes an
    integer after one, and any text a letter after ``'a'``.
    """

    _known = ""


class Token(NamedTuple):
    """A piece of a filter.

    Attributes:
        kind: ``integer``, ``decimal``, ``double``, ``word``, ``quoted``, ``text``, ``sign`` or ``end``.
        text: its text, without quotes; words as they are written.
    """

    kind: str
    text: str

    @property
    def keyword(self) -> str:
        """The token as a keyword or a sign; an empty text if it cannot be one."""
        return self.text.upper() if self.kind in ("word", "sign") else ""


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a filter, and one of the kind ``end``.

    Raises:
        FilterError: a character starts no token.
    """
    tokens, place = [], 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise FilterError(text, "a field, a literal or a sign", repr(text[place:].lstrip()[:10]))
        quote = {"quoted": "`", "text": "'"}.get(match.lastgroup, "")
        found = match[match.lastgroup]
        tokens.append(Token(match.lastgroup, found.replace(2 * quote, quote) if quote else found))
        place = match.end()
    return [*tokens, Token("end", "its end")]
