"""Tries of a call to a server: again after a failure that may pass, and not at all while the breaker is open."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from state.feature_store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
# Failures of the server as a whole; one that is full, or refuses a command, still answers others.
_OUTAGES = {"unreachable", "timeout", "access"}


class Breaker(Protocol):
    """Decision whether a server may be called; threads may share it."""

    def allows(self) -> bool:
        """Return whether it may; after True the caller reports success or failure."""

    def succeeded(self) -> None:
        """Report a call that was answered."""

    def failed(self) -> None:
        """Report a call that was not."""


@dataclass(frozen=True)
class Patience:
    """Number of tries, and the pauses between them.

    Attributes:
        retries: tries after the first.
        pause_s: pause before the second try; each further one is twice as long.
        longest_s: longest pause.
        jitter: share by which a pause is longer or shorter, at random, so that workers do not come all at once.
    """

    retries: int = 3
    pause_s: float = 0.1
    longest_s: float = 30.0
    jitter: float = 0.1


class Attempts:
    """Calls that are tried again.

    Args:
        patience: how often and when.
        breaker: decision whether the server may be called; each try counts for itself.
        sleep: function that waits for seconds.
        draw: function that returns a number from 0 to 1 at random.
        on_failure: function that is called with each failed try.
    """

    def __init__(
        self,
        patience: Patience,
        breaker: Breaker,
        *,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
        on_failure: Callable[[StoreError], None] = lambda error: None,
    ) -> None:
        self._patience = patience
        self._breaker = breaker
        self._sleep = sleep
        self._draw = draw
        self._on_failure = on_failure

    def call(self, function: Callable[[], _T]) -> _T:
        """Return the result of a function whose calls may be repeated.

        Raises:
            StoreError: the last try failed, or the breaker is open.
        """
        retry = 0
        while True:
            try:
                return self._try(function)
            except StoreError as error:
                self._on_failure(error)
                if not error.is_transient or retry >= self._patience.retries:
                    raise
            self._sleep(self._pause_s(retry))
            retry += 1

    def _try(self, function: Callable[[], _T]) -> _T:
        if not self._breaker.allows():
            msg = "the server failed several times in a row and is left alone for a while"
            raise StoreError(reason="open", text=msg)
        is_answered = False
        try:
            result = function()
            is_answered = True
        except StoreError as error:
            is_answered = error.reason not in _OUTAGES
            raise
        finally:
            (self._breaker.succeeded if is_answered else self._breaker.failed)()
        return result

    def _pause_s(self, retry: int) -> float:
        longest_s = min(self._patience.pause_s * 2.0**retry, self._patience.longest_s)
        return longest_s * (1 + self._patience.jitter * (2 * self._draw() - 1))
