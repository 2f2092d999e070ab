"""Lines as they came, in bytes: whether they are UTF-8 text, and the form of them in a dead letter."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from udfs.dead_letters import Problem

MOST_ESCAPED = 480_000
"""Most bytes of a line in a dead letter, as JSON escapes them; Kafka takes records of 1 MiB, with all their columns."""

# JSON writes a control character as six bytes, and two quotes around all; base64 comes in fours.
_MOST_KEPT = (MOST_ESCAPED - 2) // 24 * 4
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

    Of a line that is too long for a record only the beginning is kept; its length and hash go with the encoding.

    >>> show_line(b"id=7"), show_line(b"\xff\xfe")
    (('id=7', 'utf-8'), ('//4=', 'base64'))
    >>> show_line(b"x" * 500_000)[1][:38]
    'utf-8; cut from 500000 bytes of sha256'
    """
    if line is None:
        return None, None
    text, encoding = _text_of(line)
    if len(text) <= _MOST_KEPT or _escaped_bytes(text) <= MOST_ESCAPED:
        return text, encoding
    # A cut in the middle of a character takes the whole of it away.
    begin = line[:_MOST_KEPT].decode(errors="ignore") if encoding == "utf-8" else text[:_MOST_KEPT]
    return begin, f"{encoding}; cut from {len(line)} bytes of sha256 {hashlib.sha256(line).hexdigest()}"


def _text_of(line: bytes) -> tuple[str, str]:
    try:
        return line.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(line).decode("ascii"), "base64"


def _escaped_bytes(text: str) -> int:
    import orjson

    return len(orjson.dumps(text))
