"""Counters of a feature store."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from state.feature_store.errors import StoreError


@dataclass(frozen=True)
class StoreCounts:
    """Numbers since the store was opened.

    Attributes:
        cached: distinct keys of a batch that the cache answered.
        loaded: those that the backend answered, with or without values.
        shared: those that another thread was already asking for.
        missing: those without any value.
        stale: those answered from the cache beyond its time to live, as the backend did not answer.
        failed: those without an answer.
        expired: cells that were too old for their row.
        older: cells that were written and were older than those kept.
        errors: failed tries by reason.
    """

    cached: int = 0
    loaded: int = 0
    shared: int = 0
    missing: int = 0
    stale: int = 0
    failed: int = 0
    expired: int = 0
    older: int = 0
    errors: dict[str, int] = field(default_factory=dict)


class Counting:
    """Counters that threads share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def add(self, **numbers: int) -> None:
        """Add to counters, each named as in `StoreCounts`."""
        with self._lock:
            self._numbers.update(numbers)

    def add_error(self, error: StoreError) -> None:
        """Count a failed try."""
        with self._lock:
            self._errors[error.reason] += 1

    def now(self) -> StoreCounts:
        """Return the numbers so far."""
        with self._lock:
            return StoreCounts(**self._numbers, errors=dict(self._errors))
