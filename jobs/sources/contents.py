"""Contents of a file of lines: whether its first bytes fit its name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO

from jobs.errors import refuse

UNPACKING = (EOFError, zlib.error, gzip.BadGzipFile)
"""Errors of a compressed file that is cut short, damaged or none."""

_RENAME_GZ = "add .gz to its name"
_COMPRESS = "compress it again, or take .gz from its name"
_UNPACK = "unpack it"
_SAVE = "save it as UTF-8"
# First bytes by kind of file, longest first, and what to do about it.
_SIGNATURES = (
    (b"\xff\xfe\0\0", "UTF-32 text", _SAVE),
    (b"\0\0\xfe\xff", "UTF-32 text", _SAVE),
    (b"\xff\xfe", "UTF-16 text", _SAVE),
    (b"\xfe\xff", "UTF-16 text", _SAVE),
    (b"\x1f\x8b", "a gzip file", _RENAME_GZ),
    (b"PAR1", "a Parquet file", "give it a name ending in .parquet"),
    (b"PK\x03\x04", "a zip file", _UNPACK),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\0", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd file", _UNPACK),
    (b"Obj\x01", "an Avro file", "write it as JSON Lines or Parquet"),
    (b"ORC", "an ORC file", "write it as JSON Lines or Parquet"),
)
_FIRST_BYTES = 64


def check_is_text(subject: str, path: Path) -> None:
    """Refuse a file whose first bytes are no UTF-8 text, or no gzip where its name ends in .gz.

    Later bytes that are no text make dead letters of their lines.

    Raises:
        JobError: the file is of another kind, or cannot be read.
    """
    # The subject names a file that is given alone; of a folder or a pattern, the file must be named.
    place = "" if Path(subject.removeprefix("input ")).name == path.name else f"{path.name}: "
    expected = f"{place}lines of text in UTF-8"
    try:
        with open_text(path) as file:
            first = file.read(_FIRST_BYTES)
    except UNPACKING as error:
        refuse(subject, f"{place}a gzip file, as its name says", str(error), _COMPRESS)
    except OSError as error:
        refuse(subject, f"{place}a file to read", str(error))
    for signature, kind, what_to_do in _SIGNATURES:
        if first.startswith(signature):
            refuse(subject, expected, kind, what_to_do)
    # Latin letters in UTF-16 or UTF-32 without a mark: every other byte is NUL.
    if first[:2].count(0) == 1 and first.count(0) * 2 >= len(first) - 1:
        refuse(subject, expected, "UTF-16 or UTF-32 text", _SAVE)


def open_text(path: Path) -> IO[bytes]:
    """Open a file, unpacked where its name ends in .gz."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]
