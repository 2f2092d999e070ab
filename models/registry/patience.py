"""Time limits and retries for operations on a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Patience:
    """Bounds for one operation on a store.

    A store that accepts and never answers fails after at most ``retry_s + answer_s``, or twice that if a cloud is
    asked for credentials at two addresses. A starting job should hang for no more than half a minute. Only reads are
    retried; a write that gets no answer is tried once.

    Attributes:
        connect_s: longest wait for a connection.
        answer_s: longest wait for a small object, a page of a listing or a refusal in full.
        retries: retries after a transient failure.
        retry_s: time after which nothing is retried.
        slowest_bytes_s: slowest transfer of an artifact that does not time out, in bytes a second.
    """

    connect_s: float = 3.0
    answer_s: float = 5.0
    retries: int = 3
    retry_s: float = 10.0
    slowest_bytes_s: float = 1 << 20

    def client_options(self, size_bytes: int) -> dict[str, Any]:
        """Return the options of an obstore client that moves objects of this size."""
        timeout_s = self.answer_s + size_bytes / self.slowest_bytes_s
        return {"timeout": timedelta(seconds=timeout_s), "connect_timeout": timedelta(seconds=self.connect_s)}

    def retry_config(self) -> dict[str, Any]:
        """Return the retry settings of an obstore client."""
        return {"max_retries": self.retries, "retry_timeout": timedelta(seconds=self.retry_s)}
