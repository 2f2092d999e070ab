"""A circuit breaker: it keeps batches from a failing model for a while, then tries the model with one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class BreakerState(IntEnum):
    """States of a breaker, with the values of its metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2

    @property
    def word(self) -> str:
        """The state as people read it.

        >>> BreakerState.HALF_OPEN.word
        'half-open'
        """
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True)
class BreakerOptions:
    """Limits at which a breaker opens and closes.

    Attributes:
        failures: failed batches in a row that open it.
        open_s: seconds until it lets a batch through again, as a probe.
        successes: probes in a row that close it.
    """

    failures: int = 5
    open_s: float = 60.0
    successes: int = 2


class CircuitBreaker:
    """A decision whether a model may have a batch; threads may share it.

    Args:
        options: limits at which it opens and closes.
        on_change: function that is called with the new state, outside the lock.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        options: BreakerOptions | None = None,
        on_change: Callable[[BreakerState], None] = lambda state: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options or BreakerOptions()
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._successes = 0
        self._opened_s = 0.0
        self._is_probing = False

    @property
    def state(self) -> BreakerState:
        """The state now; an open breaker whose time is over becomes half-open with the next batch."""
        return self._state

    def allows(self) -> bool:
        """Return whether the model may have a batch; after True the caller must report success or failure."""
        if self.state is BreakerState.CLOSED:
            return True
        with self._lock:
            if self._state is BreakerState.OPEN and self._clock() - self._opened_s >= self._options.open_s:
                self._successes = 0
                changed = self._enter(BreakerState.HALF_OPEN)
            else:
                changed = False
            is_half_open = self._state is BreakerState.HALF_OPEN
            is_allowed = self._state is BreakerState.CLOSED or (is_half_open and not self._is_probing)
            self._is_probing = self._is_probing or (is_allowed and is_half_open)
        self._tell(changed)
        return is_allowed

    def succeeded(self) -> None:
        """Report a scored batch."""
        if self.state is BreakerState.CLOSED and not self._failures:
            return
        with self._lock:
            self._failures = 0
            self._is_probing = False
            self._successes += 1
            is_healed = self._state is BreakerState.HALF_OPEN and self._successes >= self._options.successes
            changed = is_healed and self._enter(BreakerState.CLOSED)
        self._tell(changed)

    def failed(self) -> None:
        """Report a batch that failed by the model's fault."""
        with self._lock:
            self._failures += 1
            self._is_probing = False
            is_broken = self._state is BreakerState.HALF_OPEN or self._failures >= self._options.failures
            changed = is_broken and self._state is not BreakerState.OPEN and self._enter(BreakerState.OPEN)
            if changed:
                self._opened_s = self._clock()
        self._tell(changed)

    def _enter(self, state: BreakerState) -> bool:
        self._state = state
        return True

    def _tell(self, changed: bool) -> None:
        if changed:
            self._on_change(self._state)
