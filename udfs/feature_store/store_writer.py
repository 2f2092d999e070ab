"""Writing into the store on a thread of its own, while the job continues with its batch.

Rules of this file:

- Rows reach the store in the order in which they came, so that of two with one event time the later is kept.
- A failure of the store loses no row that was taken in: the thread tries until it is told to stop.
- Any other failure is raised in the job's own thread, at the next call.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from state.feature_store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from state.feature_store.group import Group

MOST_WAITING = 100_000
_PAUSE_S = 1.0
_LAST_S = 5.0


@dataclass(frozen=True)
class Rows:
    """Values of distinct entities.

    Attributes:
        group: table of the entities.
        keys: the n entities.
        columns: values by name, (n,) each; None is "no value".
        times_ms: event time of each row, (n,).
    """

    group: Group
    keys: list[str]
    columns: Mapping[str, ArrayLike]
    times_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


class WriteListener(Protocol):
    """Listener that gets the outcome of rows."""

    def written(self, rows: Rows, seconds: float) -> None:
        """Note rows that the store took in so many seconds."""

    def failed(self, error: StoreError) -> None:
        """Note a write that will be tried again."""

    def dropped(self, rows: Rows) -> None:
        """Note rows that will never be written."""


class StoreWriter:
    """A writer that others wait for, or that drops rows rather than let them wait.

    Args:
        put: function that writes rows, or raises `StoreError`.
        listener: listener of what became of them.
        most_waiting: rows that may wait, beyond which further ones are dropped; None: none is, and `settle` waits until
            all are written.
        clock: function that returns monotonic seconds.
        pause_s: pause after a failure.
        last_s: how long `close` waits for rows that `settle` did not wait for.
    """

    def __init__(
        self,
        put: Callable[[Rows], object],
        listener: WriteListener,
        *,
        most_waiting: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause_s: float = _PAUSE_S,
        last_s: float = _LAST_S,
    ) -> None:
        self._put = put
        self._listener = listener
        self._most_waiting = most_waiting
        self._clock = clock
        self._pause_s = pause_s
        self._last_s = last_s
        self._changed = threading.Condition()
        self._queue: deque[Rows] = deque()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._is_closing = False

    def write(self, rows: Rows) -> None:
        """Take rows in, to be written in the background.

        Raises:
            Exception: an earlier write failed, and not for the store's sake.
            RuntimeError: the writer is closed.
        """
        with self._changed:
            self._raise_failure()
            if self._is_closing:
                msg = "writer of the feature store: expected an open one, got one that was closed"
                raise RuntimeError(msg)
            is_full = self._is_full(len(rows))
            if not is_full and len(rows):
                self._queue.append(rows)
                self._start()
                self._changed.notify_all()
        if is_full:
            self._listener.dropped(rows)

    def settle(self) -> None:
        """Wait until all rows are written; return at once where rows may be dropped.

        Raises:
            Exception: a write failed, and not for the store's sake.
        """
        with self._changed:
            while self._most_waiting is None and self._queue and self._failure is None:
                self._changed.wait()
            self._raise_failure()

    def close(self) -> None:
        """Write what still waits, for a few seconds; drop the rest."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(self._last_s)
            self._stop.set()
            thread.join()
        for rows in self._queue:
            self._listener.dropped(rows)
        self._queue.clear()

    def _is_full(self, more: int) -> bool:
        """Return whether further rows have no room; a batch of any size has room in an empty queue."""
        if self._most_waiting is None or not self._queue:
            return False
        return sum(map(len, self._queue)) + more > self._most_waiting

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="feature store", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (rows := self._next()) is not None:
            try:
                is_written = self._write(rows)
            except BaseException as error:
                with self._changed:
                    self._failure = error
                    self._changed.notify_all()
                return
            if not is_written:
                return
            with self._changed:
                self._queue.popleft()
                self._changed.notify_all()

    def _next(self) -> Rows | None:
        """Return the oldest rows, which stay in the queue until they are written; None: there are no more."""
        with self._changed:
            while not self._queue and not self._is_closing:
                self._changed.wait()
            return self._queue[0] if self._queue else None

    def _write(self, rows: Rows) -> bool:
        """Write rows, again and again; return whether they were."""
        while not self._stop.is_set():
            start_s = self._clock()
            try:
                self._put(rows)
            except StoreError as error:
                self._listener.failed(error)
                self._stop.wait(self._pause_s)
            else:
                self._listener.written(rows, self._clock() - start_s)
                return True
        return False
