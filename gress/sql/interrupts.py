"""Ctrl-C that waits for the JVM: one that broke a call would leave the session without its planner."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PATIENCE_S = 10.0


class Held:
    """A handler of SIGINT that keeps Ctrl-C for later.

    Args:
        clock: seconds, which never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self.lets_through = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a Ctrl-C. One long after the first goes through: the JVM may answer no more."""
        now = self._clock()
        if self.lets_through or (self._since is not None and now - self._since > _PATIENCE_S):
            self._since = None
            raise KeyboardInterrupt
        if self._since is None:
            self._since = now

    def release(self) -> None:
        """Let through what was held.

        Raises:
            KeyboardInterrupt: there was a Ctrl-C.
        """
        came, self._since = self._since is not None, None
        if came:
            raise KeyboardInterrupt


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back inside the block, except where it waits in ``let_through``.

    py4j closes the connection of a call that Ctrl-C breaks, and Flink's planner finds its state in that one alone.
    Another handler than Python's own, and other threads than the main one, are left alone.

    Raises:
        KeyboardInterrupt: at the end of the block, which raised nothing itself: there was a Ctrl-C.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return
    held = Held()
    signal.signal(signal.SIGINT, held)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    held.release()


@contextmanager
def let_through() -> Iterator[None]:
    """Let Ctrl-C through inside the block, and first the one that was held before it.

    Raises:
        KeyboardInterrupt: there was one.
    """
    held = signal.getsignal(signal.SIGINT)
    if not isinstance(held, Held) or threading.current_thread() is not threading.main_thread():
        yield
        return
    # From here on a Ctrl-C takes effect at once.
    held.lets_through = True
    try:
        held.release()
        yield
    finally:
        held.lets_through = False


def heed_interrupts() -> None:
    """Let a Ctrl-C through that was held.

    Raises:
        KeyboardInterrupt: there was one.
    """
    with let_through():
        pass
