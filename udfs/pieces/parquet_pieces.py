"""Pieces of Parquet files: stretches of rows of a row group, of about equal length."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from udfs.pieces.json_rows import with_times
from udfs.pieces.table_lines import TableLines

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RowGroups:
    """A file, and the number of rows of each of its row groups."""

    path: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class ParquetPieces:
    """Pieces of some Parquet files.

    Neighbouring pieces are read in turn, so each row group is decoded once, and only a few pieces of it are in memory.

    Attributes:
        files: the files, in the order of reading.
        piece_rows: most rows of a piece.
        units: unit of each field of times that has one, by its name in the file.
    """

    files: tuple[RowGroups, ...]
    piece_rows: int
    units: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of pieces, 1 or more."""
        return max(self._ends[-1], 1) if self._ends else 1

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that differ where a number would be other rows."""
        told = [self.piece_rows, *((Path(file.path).name, file.rows) for file in self.files)]
        return hashlib.sha1(repr(told).encode()).hexdigest()[:8]

    def read(self, number: int) -> TableLines:
        """Return the rows of a piece, in their order.

        Raises:
            OSError: a file is gone or damaged, or has fewer rows than before.
        """
        index = bisect_right(self._ends, number)
        if index == len(self._groups):
            return TableLines(None)
        path, group, rows = self._groups[index]
        pieces = self._pieces(rows)
        within = number - self._ends[index] + pieces
        start, stop = within * rows // pieces, (within + 1) * rows // pieces
        return TableLines(with_times(self._reader.read(path, group, start, stop), self.units))

    @cached_property
    def _groups(self) -> list[tuple[str, int, int]]:
        """Path, number and rows of each row group."""
        return [(file.path, group, rows) for file in self.files for group, rows in enumerate(file.rows)]

    @cached_property
    def _ends(self) -> list[int]:
        """The number behind the pieces of each row group."""
        return list(accumulate(self._pieces(rows) for _, _, rows in self._groups))

    @cached_property
    def _reader(self) -> _GroupReader:
        return _GroupReader()

    def _pieces(self, rows: int) -> int:
        return -(-rows // self.piece_rows)


def parquet_pieces(paths: Iterable[Path], rows: int, units: Mapping[str, str | None]) -> ParquetPieces:
    """Return the pieces of files, each of at most so many rows.

    Raises:
        OSError: a file cannot be read.
    """
    import pyarrow.parquet as pq

    files = []
    for path in paths:
        metadata = pq.read_metadata(path)
        groups = (metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
        files.append(RowGroups(str(path), tuple(groups)))
    return ParquetPieces(tuple(files), rows, units)


class _GroupReader:
    """A reader of stretches of a row group, one after the other."""

    def __init__(self) -> None:
        self._group: tuple[str, int] | None = None
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._held: list[pa.RecordBatch] = []
        self._place = 0  # of the first row that is held, or of the next one that comes

    def read(self, path: str, group: int, start: int, stop: int) -> pa.Table:
        """Return some rows of a row group."""
        import pyarrow as pa

        if self._group != (path, group) or start < self._place:
            self._open(path, group, stop - start)
        while sum(map(len, self._held)) < stop - self._place:
            batch = self._next(path, group)
            if batch is None:
                self._group = None
                msg = f"{path}: expected at least {stop} rows in row group {group}, as at the start of the job"
                raise OSError(msg)
            self._held.append(batch)
        held = pa.Table.from_batches(self._held)
        self._held = held.slice(stop - self._place).to_batches()
        found = held.slice(start - self._place, stop - start)
        self._place = stop
        return found

    def _next(self, path: str, group: int) -> pa.RecordBatch | None:
        import pyarrow as pa

        try:
            return next(self._batches, None)
        except (pa.ArrowException, OSError) as error:
            self._group = None
            reason = " ".join(str(error).split())
            msg = f"{path}: row group {group} is damaged: {reason}; write the file again"
            raise OSError(msg) from error

    def _open(self, path: str, group: int, rows: int) -> None:
        import pyarrow.parquet as pq

        file = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)
        self._batches = file.iter_batches(rows, row_groups=[group], use_threads=False)
        self._group, self._held, self._place = (path, group), [], 0
