"""Lines as they came, in bytes: whether they are UTF-8 text, and what a dead letter shows of them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from udfs.dead_letters import Problem

BOM = b"\xef\xbb\xbf"
"""Mark that some programs write at the start of a file; it belongs to no event."""


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8 text."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def decode_each(lines: Sequence[bytes]) -> tuple[list[str], dict[int, Problem]]:
    """Return the text of each line, and the problems of those that have none, whose text is empty."""
    texts, problems = [], {}
    for row, line in enumerate(lines):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError as error:
            texts.append("")
            problems[row] = encoding_problem(error)
    return texts, problems


def encoding_problem(error: UnicodeDecodeError) -> Problem:
    """Return the problem of a line that could not be decoded."""
    return Problem("malformed", f"expected UTF-8 text, got 0x{error.object[error.start]:02x} (byte {error.start + 1})")


def show_line(line: bytes | None) -> tuple[str | None, str | None]:
    r"""Return a line as text and the encoding of that text: ``utf-8``, or ``base64`` of bytes that are no text.

    >>> show_line(b"id=7"), show_line(b"\xff\xfe")
    (('id=7', 'utf-8'), ('//4=', 'base64'))
    """
    if line is None:
        return None, None
    try:
        return line.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(line).decode("ascii"), "base64"
