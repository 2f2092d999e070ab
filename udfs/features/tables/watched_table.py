"""A dimension table that follows its file.

Rules
- A change is read only when the file has been the same at two checks in a row: a file that is being written rests
  when it is whole.
- A file that cannot be read leaves the table as it was, and says so once.
- Reading a changed file holds up no batch: rows get the numbers from before until the new ones are there.
- Threads may share a table: a new one is put in place by one assignment, and two that read at once read the same.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from udfs.features.tables.read_key_values import TableColumns, read_key_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from udfs.features.tables.key_values import KeyValues

CHECK_EVERY_S = 2.0
_LOG = logging.getLogger("gress.features")
_Mark: TypeAlias = tuple[int, int, int]


def start_thread(run: Callable[[], None]) -> None:
    """Run a function on a thread that does not outlive the process."""
    threading.Thread(target=run, name="table reader", daemon=True).start()


class WatchedTable:
    """Two columns of a file, read again when the file has changed.

    Args:
        path: the file.
        columns: columns to read.
        clock: seconds that only grow.
        start: function that runs another, without waiting for it.

    Raises:
        ValueError: the file is not such a table.
        OSError: it cannot be read.
    """

    def __init__(
        self,
        path: Path,
        columns: TableColumns,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], None] = start_thread,
    ) -> None:
        self._path, self._columns, self._clock, self._start = path, columns, clock, start
        self._is_reading = False
        self._seen = self._settled = _mark(path)
        self._table = read_key_values(path, columns)
        self._checked_s = clock()

    def current(self) -> KeyValues:
        """Return the newest table that could be read; look at the file at most every two seconds."""
        now_s = self._clock()
        # A pickled table may come to a machine whose clock is behind.
        if not self._is_reading and not 0 <= now_s - self._checked_s < CHECK_EVERY_S:
            self._checked_s = now_s
            self._check()
        return self._table

    def __getstate__(self) -> dict[str, object]:
        """Leave out that a thread reads, which is not there on the other machine."""
        return {**self.__dict__, "_is_reading": False}

    def _check(self) -> None:
        mark = _mark(self._path)
        rests, self._seen = mark == self._seen, mark
        if rests and mark != self._settled:
            self._is_reading = True
            self._start(partial(self._read, mark))

    def _read(self, mark: _Mark | None) -> None:
        try:
            table = read_key_values(self._path, self._columns)
            if _mark(self._path) == mark:
                self._table, self._settled = table, mark
        except (OSError, ValueError) as error:
            self._settled = mark
            _LOG.warning("Table %s: expected %s; the table before it stays in use", self._path, error)
        finally:
            self._is_reading = False


def _mark(path: Path) -> _Mark | None:
    """Return what changes when a file is written or replaced; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
