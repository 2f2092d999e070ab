"""Faults while rows are sent: a full disk, and a broker that is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.soak.plan import Plan
from benchmarks.soak.small_disk import SmallDisk
from gress.dev.broker import DevKafka
from jobs.errors import JobError

_FILL_EVERY_S = 0.1
_ATTEMPTS = 3


@dataclass
class Faults:
    """Faults of the surroundings by a plan, each at its time, and their end.

    Attributes:
        plan: when.
        disk: becomes full.
        broker: is killed, and started again on its data.
        ends: when each fault ended, by the monotonic clock.
        stop: set to leave the rest out.
    """

    plan: Plan
    disk: SmallDisk
    broker: DevKafka
    ends: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Make all faults from now on."""
        faults = [(self.plan.full_at_s, self._full_disk), (self.plan.outage_at_s, self._broker_restart)]
        at_their_times(faults, self.stop)

    def _full_disk(self) -> None:
        end = time.monotonic() + self.plan.full_s
        try:
            # Files that other processes delete meanwhile would make room.
            while time.monotonic() < end and not self.stop.wait(_FILL_EVERY_S):
                self.disk.fill()
        finally:
            self.disk.free()
        self.ends.append(time.monotonic())

    def _broker_restart(self) -> None:
        self.broker.kill()
        self.stop.wait(self.plan.outage_s)
        for _ in range(_ATTEMPTS - 1):
            # On a busy machine a broker may take longer than its starter waits.
            with suppress(JobError):
                self.broker.start()
                break
        else:
            self.broker.start()
        self.ends.append(time.monotonic())


def at_their_times(changes: Iterable[tuple[float, Callable[[], object]]], stop: threading.Event) -> None:
    """Make changes one after the other, each so many seconds from now or later, until told to stop.

    Args:
        changes: seconds, in their order, and what to do.
        stop: leaves the rest out.
    """
    start = time.monotonic()
    for at_s, change in changes:
        if stop.wait(max(0.0, start + at_s - time.monotonic())):
            return
        change()
        print(f"{time.monotonic() - start:.0f} s: {change.__name__.strip('_')} is done", flush=True)
