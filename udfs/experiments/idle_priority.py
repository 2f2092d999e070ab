"""Priority of work without a caller that waits for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def idle_priority() -> Iterator[None]:
    """Let this thread, and threads that it starts, have only the processor time that no other thread wants.

    Linux gives a core at once to another thread that wakes up. Other systems have no such policy, and where the
    system refuses it, the thread keeps the priority that it has.

    Source: sched(7), SCHED_IDLE.
    """
    before = _policy()
    if before is None or not _set(os.SCHED_IDLE):
        yield
        return
    try:
        yield
    finally:
        _set(before)


def _policy() -> int | None:
    """Return the policy of this thread; None where it is none of those that the system lets it come back to."""
    if not hasattr(os, "SCHED_IDLE"):
        return None
    policy = os.sched_getscheduler(0)
    return policy if policy in (os.SCHED_OTHER, os.SCHED_BATCH) else None


def _set(policy: int) -> bool:
    with suppress(OSError):
        os.sched_setscheduler(0, policy, os.sched_param(0))
        return True
    return False
