"""Calls of a process that come back about once a second, all on one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger("gress.metrics")
_INTERVAL_S = 1.0


class Ticker:
    """Calls what is registered every so often; the thread ends with the process.

    Args:
        interval_s: seconds between two rounds.
    """

    def __init__(self, interval_s: float = _INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None

    def add(self, call: Callable[[], None]) -> None:
        """Call this from now on."""
        with self._lock:
            self._calls.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="metrics ticker", daemon=True)
                self._thread.start()

    def remove(self, call: Callable[[], None]) -> None:
        """Call this no more."""
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
                    # Metrics that cannot be kept, on a full disk for one, must not end the thread that keeps the rest.
                    _LOG.exception("metrics: could not be handed over")


TICKER = Ticker()
"""Of this process."""
