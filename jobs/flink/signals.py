"""Signals of a run: what ends it, and whom they reach."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from functools import partial


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does inside the block, in a thread that may handle signals."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:
        # Not in the main thread, which alone gets signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def keep_signals_from_java() -> None:
    """Let PyFlink start its JVM in a session of its own.

    A signal to the group of this process, as supervisors and terminals send it, would end the JVM before this process
    could stop the job. The JVM ends with this process in any case: it reads the end of its standard input.
    """
    from pyflink import pyflink_gateway_server

    pyflink_gateway_server.Popen = partial(subprocess.Popen, start_new_session=True)
