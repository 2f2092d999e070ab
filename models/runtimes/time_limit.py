"""A time limit on the calls of models that are tried out: a file may have a loop without an end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from models.errors import fail

TRY_OUT_S = 120.0
"""Longest time that a model may take in all calls that try it out."""

_FIX = "it may have a loop without an end: export it again; or make it smaller"


class TimeLimit:
    """A limit on the calls inside a block, all of them together.

    Args:
        seconds: the limit.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def stopping(self, name: str, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` if a call inside the block outlasts the limit, and say so in the place of its error.

        Args:
            name: the model's name in the error.
            stop: function that makes the call end.

        Raises:
            ModelError: the time is over.
        """
        with self._lock:
            self._stop = stop
        try:
            self.check(name)
            yield
        except Exception:
            self.check(name)
            raise
        finally:
            with self._lock:
                self._stop = None

    def check(self, name: str) -> None:
        """Refuse a further call of a model once the time is over."""
        if self._over.is_set():
            fail(name, f"took longer than {self._seconds:g} s to try out", _FIX)

    def end(self) -> None:
        """Stop the call in progress, and all later ones."""
        with self._lock:
            self._over.set()
            if self._stop is not None:
                self._stop()


_PRESENT: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


def present_limit() -> TimeLimit | None:
    """Return the limit on the calls of this thread; None: there is none."""
    return _PRESENT.get()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit the time that the calls of ONNX models inside the block take together.

    A call in TensorFlow Lite cannot be stopped; the one after it is refused.
    """
    limit = TimeLimit(seconds)
    timer = threading.Timer(seconds, limit.end)
    timer.daemon = True
    timer.start()
    token = _PRESENT.set(limit)
    try:
        yield
    finally:
        _PRESENT.reset(token)
        timer.cancel()
        timer.join()
