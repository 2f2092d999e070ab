"""How long a store is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Patience:
    """Bounds for one operation on a store.

    A store that accepts and never answers is given up after at most ``retry_s + answer_s``, and twice that where a
    cloud is asked for credentials at two addresses: a job that starts should hang for no more than half a minute. Only
    what is read is asked for again; a write that gets no answer is tried once.

    Attributes:
        connect_s: Longest until a connection is there.
        answer_s: Longest until a small object, a page of a listing or a refusal is here in full.
        retries: Further tries of what failed by chance.
        retry_s: After so long nothing is tried again.
        slowest_bytes_s: Artifacts that come or go faster than this many bytes a second get the time they need.
    """

    connect_s: float = 3.0
    answer_s: float = 5.0
    retries: int = 3
    retry_s: float = 10.0
    slowest_bytes_s: float = 1 << 20

    def client_options(self, size_bytes: int) -> dict[str, Any]:
        """Options of an obstore client that moves objects of this size."""
        timeout_s = self.answer_s + size_bytes / self.slowest_bytes_s
        return {"timeout": timedelta(seconds=timeout_s), "connect_timeout": timedelta(seconds=self.connect_s)}

    def retry_config(self) -> dict[str, Any]:
        """Retries of an obstore client."""
        return {"max_retries": self.retries, "retry_timeout": timedelta(seconds=self.retry_s)}
