"""State as bytes: a format version and sections, each after its length."""

from __future__ import annotations

import struct

_HEADER = struct.Struct("<BB")
_LENGTH = struct.Struct("<I")


def pack(version: int, *sections: bytes) -> bytes:
    """Return sections as the bytes that `unpack` reads.

    Args:
        version: format version, 0..255.
        *sections: up to 255, each below 4 GiB.
    """
    lengths = [_LENGTH.pack(len(section)) for section in sections]
    return b"".join([_HEADER.pack(version, len(sections)), *lengths, *sections])


def unpack(name: str, version: int, data: bytes) -> list[bytes]:
    """Return the sections of `pack`.

    Args:
        name: name of the part whose state it is, for error messages.
        version: the one format version that is read.
        data: bytes of `pack`.

    Raises:
        ValueError: the bytes are of another format version, or not whole.

    Example:
        >>> unpack("scaler", 1, pack(1, b"means", b""))
        [b'means', b'']
    """
    if not data or data[0] != version:
        found = f"version {data[0]}" if data else "no bytes"
        msg = f"{name}: expected state of format version {version}, got {found}; start without it"
        raise ValueError(msg)
    begin = _HEADER.size + _LENGTH.size * data[1] if len(data) > 1 else len(data) + 1
    lengths = [_LENGTH.unpack_from(data, at)[0] for at in range(_HEADER.size, min(begin, len(data) - 3), _LENGTH.size)]
    if begin + sum(lengths) != len(data):
        msg = f"{name}: expected whole state, got {len(data)} bytes of another length; they are cut off or not state"
        raise ValueError(msg)
    sections = []
    for length in lengths:
        sections.append(data[begin : begin + length])
        begin += length
    return sections
