"""Calls with a deadline, abandoned if they take too long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class DeadlineError(Exception):
    """A call missed its deadline, or too many abandoned calls are still running."""


class Call(Generic[_T]):
    """A running call and its result."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self._function = function
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._after: Callable[[], None] | None = None
        self._value: _T | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call, and keep its result or error."""
        try:
            self._value = self._function()
        except BaseException as error:
            self._error = error
        with self._lock:
            self._done.set()
            after = self._after
        if after is not None:
            after()

    def result(self, timeout_s: float) -> _T:
        """Return the result of the call, or raise its error.

        Raises:
            DeadlineError: the call is not done in time.
        """
        if not self._done.wait(timeout_s):
            text = f"no answer within {timeout_s * 1e3:.0f} ms"
            raise DeadlineError(text)
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def when_done(self, after: Callable[[], None]) -> None:
        """Call ``after`` when the call ends, or at once if it has ended."""
        with self._lock:
            if not self._done.is_set():
                self._after = after
                return
        after()


class DeadlineRunner:
    """A runner of calls on its own threads; a new thread replaces one that an abandoned call still occupies.

    Args:
        max_hanging: most abandoned calls that may still be running; with more, new calls are refused.
    """

    def __init__(self, max_hanging: int) -> None:
        self._max_hanging = max_hanging
        self._lock = threading.Lock()
        self._hanging = 0
        self._idle: queue.SimpleQueue[queue.SimpleQueue[Call[object] | None]] = queue.SimpleQueue()

    def start(self, function: Callable[[], _T]) -> Call[_T]:
        """Start a call.

        Raises:
            DeadlineError: too many abandoned calls are still running.
        """
        with self._lock:
            if self._hanging >= self._max_hanging:
                text = f"{self._hanging} calls that were given up are still running"
                raise DeadlineError(text)
        call = Call(function)
        try:
            inbox = self._idle.get_nowait()
        except queue.Empty:
            inbox = queue.SimpleQueue()
            # A daemon thread, because a call that never ends must not keep the process alive.
            threading.Thread(target=self._work, args=(inbox,), name="predict", daemon=True).start()
        inbox.put(call)  # type: ignore[arg-type]
        return call

    def give_up(self, call: Call[_T], after: Callable[[], None]) -> None:
        """Abandon a call, and call ``after`` when it ends; it counts as hanging until then."""
        with self._lock:
            self._hanging += 1

        def ended() -> None:
            with self._lock:
                self._hanging -= 1
            after()

        call.when_done(ended)

    def close(self) -> None:
        """End the idle threads."""
        while True:
            try:
                self._idle.get_nowait().put(None)
            except queue.Empty:
                return

    def _work(self, inbox: queue.SimpleQueue[Call[object] | None]) -> None:
        while (call := inbox.get()) is not None:
            call.run()
            self._idle.put(inbox)
