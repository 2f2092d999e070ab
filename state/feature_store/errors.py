"""Errors of the feature store."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal["unreachable", "timeout", "access", "full", "refused", "open"]
"""Cause of a failure; ``open``: the breaker keeps calls from the server for a while."""

REASONS: tuple[Reason, ...] = get_args(Reason)


class StoreError(Exception):
    """The store failed at a request.

    Attributes:
        reason: the cause, as counters name it.
        is_transient: another try may go well.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(f"feature store: {text}")
        self.reason = reason
        self.is_transient = reason in {"unreachable", "timeout"}
