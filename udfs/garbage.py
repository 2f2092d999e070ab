"""Python's garbage collector in a process where rows wait for it.

A collection of the oldest generation looks at every object of every loaded module: 80 ms in which no thread runs.
"""

from __future__ import annotations

import gc
import threading
import time

_START_S = 10.0

_lock = threading.Lock()
_last: float | None = None


def spare_loaded_objects() -> None:
    """Leave the objects that exist now out of all later collections; call it when an operator has opened.

    Operators of a job open one after the other, so a call soon after another looks at new objects only. A later call is
    of another job: it looks at all objects, because those of an ended job may be garbage by now.
    """
    global _last
    with _lock:
        if _last is None or time.monotonic() - _last > _START_S:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
        _last = time.monotonic()
