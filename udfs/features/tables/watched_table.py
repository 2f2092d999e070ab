"""A dimension table that follows its file.

Rules
- A change is read only when the file has been the same at two checks in a row: a file that is being written rests
  when it is whole.
- A file that cannot be read leaves the table as it was, and says so once.
- Threads may share a table: a new one is put in place by one assignment, and two that read at once read the same.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from udfs.features.tables.read_key_values import TableColumns, read_key_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from udfs.features.tables.key_values import KeyValues

CHECK_EVERY_S = 2.0
_LOG = logging.getLogger("gress.features")


class WatchedTable:
    """Two columns of a file, read again when the file has changed.

    Args:
        path: the file.
        columns: columns to read.
        clock: seconds that only grow.

    Raises:
        ValueError: the file is not such a table.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, columns: TableColumns, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._columns, self._clock = path, columns, clock
        self._seen = self._settled = _mark(path)
        self._table = read_key_values(path, columns)
        self._checked_s = clock()

    def current(self) -> KeyValues:
        """Return the newest table that could be read; look at the file at most every two seconds."""
        now_s = self._clock()
        # A pickled table may come to a machine whose clock is behind.
        if not 0 <= now_s - self._checked_s < CHECK_EVERY_S:
            self._checked_s = now_s
            self._check()
        return self._table

    def _check(self) -> None:
        mark = _mark(self._path)
        rests, self._seen = mark == self._seen, mark
        if not rests or mark == self._settled:
            return
        try:
            table = read_key_values(self._path, self._columns)
        except (OSError, ValueError) as error:
            self._settled = mark
            _LOG.warning("Table %s: expected %s; the table before it stays in use", self._path, error)
            return
        if _mark(self._path) == mark:
            self._table, self._settled = table, mark


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
