r"""Pieces of files of lines: stretches of bytes of equal length, over all files as if they were one.

Rules of this file:

- A piece owns the lines that start in it, to their end, wherever that is. So no line is lost or doubled.
- ``\n``, ``\r`` and ``\r\n`` end a line, and so does the end of a file. This is how Java's readers see lines.
- A line keeps its other bytes: whether they are text is for parsing to find out.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO

from udfs.parsing.text_block import TextBlock, text_block

_ANY_END = re.compile(rb"\r\n|\n|\r")
_CHUNK_BYTES = 1 << 16
_SAMPLES, _SAMPLE_BYTES = 3, 1 << 16
# Below the least, calls cost more than work. Flink writes records of 5 MB and more to disk between two tasks.
_LEAST_BYTES, _MOST_BYTES = 1 << 16, 1 << 22
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

    def read(self, number: int) -> Sequence[bytes]:
        """Return the lines of a piece, in their order.

        Raises:
            OSError: a file is gone or has lost bytes.
        """
        begin = number * self.piece_bytes
        stretches = [_Stretch.read(*part) for part in self._parts(begin, begin + self.piece_bytes)]
        if not any(stretch.has(b"\r") or (self.header and stretch.has(self.header)) for stretch in stretches):
            return _block(stretches)
        lines = [line for stretch in stretches for line in stretch.text().splitlines()]
        return [line for line in lines if line != self.header] if self.header else lines

    @cached_property
    def _ends(self) -> list[int]:
        """The end of each file if all lie end to end."""
        return list(accumulate(file.size for file in self.files))

    def _parts(self, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
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


@dataclass(frozen=True)
class _Stretch:
    """Whole lines of a file, with the ends that they have.

    Attributes:
        data: bytes of the file, the lines among them.
        begin: place of the first line.
        end: place after the last line and its end.
    """

    data: bytes
    begin: int
    end: int

    @classmethod
    def read(cls, path: str, begin: int, end: int) -> _Stretch:
        """Read the lines that start from one byte of a file on and before another."""
        with Path(path).open("rb") as file:
            # One byte more tells whether a line starts at the first; more at the end are the rest of the last line.
            before = min(begin, 1)
            size = end - begin + before
            file.seek(begin - before)
            data = file.read(size + _CHUNK_BYTES)
            if len(data) < size:
                got = begin - before + len(data)
                msg = f"{path}: expected at least {end} bytes, as at the start of the job, got {got}"
                raise OSError(msg)
            # The first line may have started earlier, to the end of it, or to its end alone.
            first = _behind_line(data, 0) if before else 0
            if first is None or first >= size:
                return cls(data, 0, 0)
            stop = _behind_line(data, size - 1)
            if stop is not None:
                return cls(data, first, stop)
            data += _rest(file)
            return cls(data, first, len(data))

    def has(self, text: bytes) -> bool:
        """Return whether a text is in the lines."""
        return self.data.find(text, self.begin, self.end) >= 0

    def text(self) -> bytes:
        """Return the lines and their ends."""
        return self.data[self.begin : self.end]


def _behind_line(data: bytes, place: int) -> int | None:
    """Return the place after the first end of a line from a place on; None: there is none."""
    found = _ANY_END.search(data, place)
    return None if found is None else found.end()


def _block(stretches: Sequence[_Stretch]) -> TextBlock:
    """Return the lines of stretches whose lines end with a line feed."""
    if len(stretches) == 1:
        return text_block(stretches[0].data, stretches[0].begin, stretches[0].end)
    texts = [stretch.text() for stretch in stretches]
    return text_block(b"".join(text if not text or text.endswith(b"\n") else text + b"\n" for text in texts))


def _rest(file: IO[bytes]) -> bytes:
    """Return what is left of the line at which a file stands."""
    parts = []
    while chunk := file.read(_CHUNK_BYTES):
        line = chunk.splitlines()[0]
        parts.append(line)
        if len(line) < len(chunk):
            break
    return b"".join(parts)
