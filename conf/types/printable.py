"""Text of unknown origin as a terminal may show it."""

from __future__ import annotations

import re

# Control characters of ASCII and Latin-1, which move the cursor, rename the window or fill the clipboard, and those of
# Unicode that turn the direction of text or begin a line.
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_LINES = re.compile(f"[{_CONTROL}]")
_LONGEST = 200
_LONGEST_CELL = 10_000


def printable(text: str) -> str:
    r"""Return a text whose control characters, except for ends of lines and tabs, are escaped.

    >>> print(printable("a\x1b[31mb"))
    a\x1b[31mb
    """
    return text if text.isascii() and text.isprintable() else _IN_LINES.sub(_escaped, text)


def one_line(text: str, longest: int = _LONGEST) -> str:
    r"""Return a text as one line of a bounded length, all that cannot be printed escaped.

    >>> print(one_line("a\nb"), one_line("abcdef", 3))
    a\nb abc...
    """
    cut = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)


def cell(text: str) -> str:
    """Return a text as a cell of a table may show it: every other cell of its column is as wide."""
    return printable(text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}...")


def printable_json(text: str) -> str:
    r"""Return a JSON text that shows the same value, its control characters escaped as JSON does.

    >>> print(printable_json('"ab"'))
    "a\u009bb"
    """
    return _IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
