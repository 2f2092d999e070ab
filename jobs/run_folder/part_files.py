"""Part files of a sink's folder: counts while they grow, reads when they are final."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_CHUNK_BYTES = 1 << 24


class LineCounter:
    """A counter of the lines in a folder's part files, which reads each byte once.

    A file that is unfinished when the counter is made comes from a killed run. Its lines count once Flink has
    made it final: the others are written again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[int, int] = {}
        self.lines = 0
        self._left_behind = {path.stat().st_ino for path in folder.glob(".part-*")}

    def poll(self) -> int:
        """Return the number of lines so far, including those of unfinished files."""
        for path in self._folder.glob("*part-*") if self._folder.is_dir() else ():
            try:
                with path.open("rb") as file:
                    self._count(file.fileno(), path)
            except FileNotFoundError:
                continue
        return self.lines

    def _count(self, descriptor: int, path: Path) -> None:
        # Flink renames a part file when it is final; the inode identifies it before and after.
        inode = os.fstat(descriptor).st_ino
        if inode in self._left_behind:
            if path.name.startswith("."):
                return
            self._left_behind.remove(inode)
        seen = self._sizes.get(inode, 0)
        while chunk := os.pread(descriptor, _CHUNK_BYTES, seen):
            self.lines += chunk.count(b"\n")
            seen += len(chunk)
        self._sizes[inode] = seen


def final_parts(folder: Path) -> list[Path]:
    """Return the final part files of a folder, sorted by name."""
    return sorted(folder.glob("part-*"))


def line_blocks(folder: Path) -> Iterator[bytes]:
    """Yield all lines of a folder in blocks of some megabytes that end with a line."""
    for path in final_parts(folder):
        yield from lines_of(path)


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield all lines of a file in blocks of some megabytes that end with a line."""
    with path.open("rb") as file:
        while block := file.read(_CHUNK_BYTES):
            yield block + file.readline()
