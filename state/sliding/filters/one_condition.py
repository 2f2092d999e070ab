"""Check that a text is one SQL condition and nothing else, whichever engine computes it.

SQL's own parser would take what stands beside a condition for a part of the query around it: ``TRUE THEN 1 WHEN a = 1``
ends the CASE that a filter becomes, and ``--`` its line. `sql_meaning` judges its fields and that it is true or false;
whether it makes sense beyond that is for the engine to say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from conf.nearest import suggest
from state.sliding.filters.sql_meaning import Tokens, is_value, strange_field, too_large_product

LONGEST = 10_000
"""Most characters of a condition."""

_DEEPEST = 50
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<comment>--|/\*|//|\#)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<phrase>DISTINCT\s+FROM\b)
    |(?P<word>[^\W\d]\w*)
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<text>'(?:[^']|'')*')
    |(?P<sign><>|!=|<=|>=|\|\||[=<>()+\-*/%,.])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# No query goes without one of these, which SQL reserves.
_OF_QUERIES = frozenset(("SELECT", "VALUES", "TABLE", "EXISTS", "OVER", "UNNEST"))
# Words that mean something inside of parentheses alone, as CAST(a AS INT) and EXTRACT(HOUR FROM a).
_INSIDE = frozenset(("AS", "FROM", ","))
_OF_CASE = frozenset(("WHEN", "THEN", "ELSE"))


def stray_part(text: str, fields: Collection[str]) -> str:
    """Return what makes a text more or less than one condition on fields, for an error; empty if nothing does.

    >>> stray_part("amount > 10 AND kind IN ('a', 'b')", {"amount", "kind"})
    ''
    >>> stray_part("amount > 10 -- at night", {"amount"}), stray_part("TRUE THEN 1 WHEN FALSE", ())
    ("a comment, '--'", "'THEN' without its CASE")
    """
    if len(text) > LONGEST:
        return f"{len(text)} characters, of at most {LONGEST}"
    open_parts: list[str] = []
    tokens = list(_tokens(text))
    for kind, token in tokens:
        problem = _problem(kind, token, open_parts)
        if problem:
            return problem
    if open_parts:
        return f"{open_parts[-1]!r} without its end"
    return _misread(tokens, fields) if tokens else "an empty text"


def _misread(tokens: Tokens, fields: Collection[str]) -> str:
    """Return what of a condition means another thing than it seems, for an error; empty if nothing does."""
    if field := strange_field(tokens, fields):
        return "; ".join(filter(None, (f"{field!r}, which is no event field", suggest(field.strip("`"), fields))))
    if product := too_large_product(tokens):
        return f"{product!r}, of which SQL keeps 32 bits: write the result"
    return "a value alone: compare it, as in amount > 0" if is_value(tokens) else ""


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            yield "stray", text[place:].lstrip()[:10]
            return
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _problem(kind: str, token: str, open_parts: list[str]) -> str:
    """Return the fault of a token, and note the bracket that it opens or closes."""
    word = token.upper() if kind in ("word", "sign") else ""
    last = open_parts[-1] if open_parts else ""
    problem = _misplaced(word, last)
    if kind == "comment":
        return f"a comment, {token!r}"
    if kind == "stray":
        return repr(token)
    if kind in ("word", "quoted") and token.lstrip("`").startswith("__"):
        # A name that a job makes for itself is no field.
        problem = ", which is no event field"
    if problem:
        return f"{token!r}{problem}"
    if word in ("(", "CASE"):
        open_parts.append(word)
    elif word in (")", "END"):
        open_parts.pop()
    return f"more than {_DEEPEST} levels" if len(open_parts) > _DEEPEST else ""


def _misplaced(word: str, last: str) -> str:
    """Return the fault of a word or sign that follows the start of an expression; empty: there is none."""
    if word in _OF_QUERIES:
        return ", which begins a part of a query"
    if word in _INSIDE and last != "(":
        return " outside of parentheses"
    if word in _OF_CASE and last != "CASE":
        return " without its CASE"
    is_end = word in (")", "END")
    return " without its beginning" if is_end and last != ("(" if word == ")" else "CASE") else ""
