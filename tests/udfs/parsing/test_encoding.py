from __future__ import annotations

import base64
import hashlib

import orjson
import pytest

from udfs.parsing.encoding import MOST_ESCAPED, show_line

RECORD = 1_048_576
"""Kafka's ``max.request.size``, unless somebody sets it."""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"\x01" * 1_000_000, "utf-8"),
        (b'"' * 1_000_000, "utf-8"),
        ("\N{EURO SIGN}".encode() * 333_333, "utf-8"),
        (b"\xff" * 1_000_000, "base64"),
    ],
    ids=["control characters", "quotes", "wide characters", "no text"],
)
def test_dead_letter_of_a_large_record_fits_into_a_record(line: bytes, kind: str) -> None:
    value, encoding = show_line(line)
    assert value is not None
    assert len(orjson.dumps(value)) <= MOST_ESCAPED < RECORD / 2
    assert encoding == f"{kind}; cut from {len(line)} bytes of sha256 {hashlib.sha256(line).hexdigest()}"
    begin = base64.b64decode(value) if kind == "base64" else value.encode()
    assert len(begin) > 50_000
    assert line.startswith(begin)


@pytest.mark.parametrize("line", [b"a" * (MOST_ESCAPED - 2), b'"' * (MOST_ESCAPED // 2 - 1)], ids=["plain", "quotes"])
def test_line_that_fits_is_whole(line: bytes) -> None:
    assert show_line(line) == (line.decode(), "utf-8")
    assert show_line(line + b"aa")[1] != "utf-8"
