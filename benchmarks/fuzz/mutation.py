"""Random changes of texts, the same for the same generator of random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

_TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b"'", b":", b",", b"\n", b"\t", b"\\", b"\x00", b"\x1b[2J", b"\xff", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\\ud800", b"\xe2\x80\xae", b"null", b"true", b"NaN", b"-Infinity", b".inf", b"-0", b"1e400",
    b"-1e-400", b"0x10", b"1_000", b"9007199254740993", b"9223372036854775808", b"9" * 400, b"9" * 5000, b"[" * 3000,
    b'{"a":' * 2000, b"&a [*a]", b"*a", b"&a", b"<<: *a", b"!!python/object:os.system", b"? ", b"- ", b"---\n",
    b"%YAML 9", b"${", b"${FUZZ}", b"${FUZZ:-x}", b"$${", b"..", b"=",
    b"2018-02-30T25:61:61Z", b"9999-12-31T23:59:59+18:00", b";",
)  # fmt: skip
_LONGEST = 20_000


def mutate(text: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change a text in one to six places.

    Args:
        text: begin of the changes.
        others: texts from which pieces are taken; at least one.
        random: source of every choice.

    Returns:
        At most 20,000 bytes.
    """
    for _ in range(random.randint(1, 6)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice((0, 1, 1, 2, 8, 64)))
        text = text[:start] + _piece(text[start:end], random.choice(others), random) + text[end:]
    return text[:_LONGEST]


def _piece(cut: bytes, other: bytes, random: Random) -> bytes:
    """Return what takes the place of a cut."""
    kind = random.randrange(6)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes(byte ^ (1 << random.randrange(8)) for byte in cut)
    if kind == 2:
        return cut * random.choice((2, 3, 50))
    if kind == 3:
        start = random.randint(0, len(other))
        return other[start : start + random.randint(1, 64)]
    if kind == 4:
        return random.randbytes(random.randint(1, 4))
    return random.choice(_TOKENS)
