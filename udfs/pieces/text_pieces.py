r"""Pieces of files of lines: stretches of bytes of equal length, over all files as if they were one.

Rules of this file:

- A piece owns the lines that start in it, to their end, wherever that is. So no line is lost or doubled.
- ``\n``, ``\r`` and ``\r\n`` end a line, and so does the end of a file. This is how Java's readers see lines.
- A line keeps its other bytes: whether they are text is for parsing to find out.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO

_CHUNK_BYTES = 1 << 16
_SAMPLES, _SAMPLE_BYTES = 3, 1 << 16
# A piece is in memory several times, as bytes, lines, columns and text; below the least, calls cost more than work.
_LEAST_BYTES, _MOST_BYTES = 1 << 16, 1 << 24
# Lines vary in length: a piece that is a little short makes one full batch, and one too long would make two halves.
_FILLED = 0.95


@dataclass(frozen=True)
class TextFile:
    """A file, and the bytes it had when it was cut into pieces."""

    path: str
    size: int


@dataclass(frozen=True)
class TextPieces:
    """Pieces of some files of lines.

    Attributes:
        files: the files, in the order of reading.
        piece_bytes: bytes of a piece; the last may have fewer.
        header: line that is no event wherever it stands; empty: there is none.
    """

    files: tuple[TextFile, ...]
    piece_bytes: int
    header: bytes = b""

    @property
    def count(self) -> int:
        """Number of pieces, 1 or more."""
        return max(-(-self._ends[-1] // self.piece_bytes), 1)

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that differ where a number would be other lines."""
        told = [self.piece_bytes, *((Path(file.path).name, file.size) for file in self.files)]
        return hashlib.sha1(repr(told).encode()).hexdigest()[:8]

    def read(self, number: int) -> list[bytes]:
        """Return the lines of a piece, in their order.

        Raises:
            OSError: a file is gone or has lost bytes.
        """
        begin = number * self.piece_bytes
        lines = [line for stretch in self._stretches(begin, begin + self.piece_bytes) for line in _lines(*stretch)]
        if self.header and self.header in lines:
            return [line for line in lines if line != self.header]
        return lines

    @cached_property
    def _ends(self) -> list[int]:
        """The end of each file if all lie end to end."""
        return list(accumulate(file.size for file in self.files))

    def _stretches(self, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield path, begin and end of each part of a file between two places."""
        for index in range(bisect_right(self._ends, begin), len(self.files)):
            file = self.files[index]
            start = self._ends[index] - file.size
            if start >= end:
                return
            if file.size:
                yield file.path, max(begin - start, 0), min(end - start, file.size)


def text_pieces(paths: Iterable[Path], rows: int, header: bytes = b"") -> TextPieces:
    """Return the pieces of files, each of about so many lines; the length of lines is that of some of them.

    Raises:
        OSError: a file cannot be read.
    """
    files = tuple(TextFile(str(path), path.stat().st_size) for path in paths)
    length = max(map(_line_bytes, files[:: -(-len(files) // _SAMPLES)]))
    piece_bytes = int(min(max(rows * length * _FILLED, _LEAST_BYTES), _MOST_BYTES))
    return TextPieces(files, piece_bytes, header)


def _line_bytes(file: TextFile) -> float:
    """Return the bytes of a line, its end included, at the start of a file."""
    with Path(file.path).open("rb") as opened:
        data = opened.read(_SAMPLE_BYTES)
    return len(data) / max(len(data.splitlines()), 1)


def _lines(path: str, begin: int, end: int) -> list[bytes]:
    """Return the lines of a file that start from one byte on and before another."""
    with Path(path).open("rb") as file:
        # One byte more tells whether a line starts at the first.
        before = min(begin, 1)
        file.seek(begin - before)
        data = file.read(end - begin + before)
        if len(data) < end - begin + before:
            msg = f"{path}: expected at least {end} bytes, as at the start of the job, got {begin - before + len(data)}"
            raise OSError(msg)
        lines = data.splitlines()
        if before:
            # The rest of a line that started earlier; nothing, where one ended there.
            del lines[0]
        if lines and not data.endswith((b"\n", b"\r")):
            lines[-1] += _rest(file)
    return lines


def _rest(file: IO[bytes]) -> bytes:
    """Return what is left of the line at which a file stands."""
    parts = []
    while chunk := file.read(_CHUNK_BYTES):
        line = chunk.splitlines()[0]
        parts.append(line)
        if len(line) < len(chunk):
            break
    return b"".join(parts)
