"""Garbage collection of Python, which waits while Flink's planner works.

The thread that collects a dead Java object releases it over the caller's connection to the JVM. The caller then gets
another connection and so another JVM thread, where Flink's planner does not find its thread-local state
("NullPointerException: metadataHandlerProvider").
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

_FUNCTIONS = "pyflink.fn_execution"


class _Postponed:
    """The callers that want no collection now, and whether it was on before the first of them."""

    def __init__(self) -> None:
        self.lock, self.callers, self.was_enabled = threading.Lock(), 0, False


_POSTPONED = _Postponed()


@contextmanager
def planning() -> Iterator[None]:
    """Postpone garbage collection inside the block, in which the caller builds and translates a job."""
    _postpone()
    gc.collect()
    try:
        yield
    finally:
        _allow()


def begin_to_load_functions() -> None:
    """Import a module that the planner asks for, in a thread: it takes seconds, in which the caller waits for the JVM.

    No garbage is collected until the module is there: another thread's collection would disturb the planner.
    """
    _postpone()
    threading.Thread(target=_load_functions, name="functions", daemon=True).start()


def _load_functions() -> None:
    try:
        import_module(_FUNCTIONS)
    finally:
        _allow()


def _postpone() -> None:
    with _POSTPONED.lock:
        if not _POSTPONED.callers:
            _POSTPONED.was_enabled = gc.isenabled()
            gc.disable()
        _POSTPONED.callers += 1


def _allow() -> None:
    with _POSTPONED.lock:
        _POSTPONED.callers -= 1
        if not _POSTPONED.callers and _POSTPONED.was_enabled:
            gc.enable()
