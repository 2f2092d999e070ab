"""Functions that a process calls about once a second, all on one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger("gress.metrics")
_INTERVAL_S = 1.0


class Ticker:
    """A thread that calls the registered functions at an interval; it ends with the process.

    Args:
        interval_s: seconds between two rounds.
    """

    def __init__(self, interval_s: float = _INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None

    def add(self, call: Callable[[], None]) -> None:
        """Register a function."""
        with self._lock:
            self._calls.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="metrics ticker", daemon=True)
                self._thread.start()

    def remove(self, call: Callable[[], None]) -> None:
        """Remove a function."""
        with self._lock:
            if call in self._calls:
                self._calls.remove(call)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._interval_s):
            with self._lock:
                calls = list(self._calls)
            for call in calls:
                try:
                    call()
                except Exception:
                    # A failed write, such as on a full disk, must not end the thread that writes the other metrics.
                    _LOG.exception("metrics: cannot be written")


TICKER = Ticker()
"""The ticker of this process."""
