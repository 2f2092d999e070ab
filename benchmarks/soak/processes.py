"""Memory and open files of each kind of process of a cluster, again and again."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import all_processes, descendants
from benchmarks.soak.live_heap import live_heap_mib
from benchmarks.soak.slope import Slope, common_slope, cut
from gress.cluster.local import read_cluster

KINDS = ("jobmanager", "taskmanager", "python")
QUANTITIES = ("memory_mib", "live_heap_mib", "open_files")

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
_HEAP_EVERY = 5


@dataclass
class ProcessWatch:
    """A context in which a thread looks at a cluster's processes.

    Attributes:
        folder: the cluster's.
        look_s: seconds between two looks; the heap, which stops a JVM for a moment, is looked at every fifth time.
        lives: seconds and values by kind and quantity, and then by process (its id and its start).
    """

    folder: Path
    look_s: float
    lives: dict[tuple[str, str], dict[tuple[int, int], list[tuple[float, float]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> ProcessWatch:
        self._thread = threading.Thread(target=self._watch, name="process watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self, *, has_heap: bool) -> None:
        """Note the current values."""
        for kind, pid, started in _processes(self.folder):
            found = {"memory_mib": _resident_mib(pid), "open_files": _open_files(pid)}
            if has_heap and kind != "python":
                found["live_heap_mib"] = live_heap_mib(pid)
            for quantity, value in found.items():
                if value is not None:
                    self.lives[kind, quantity][pid, started].append((time.monotonic(), value))

    def slopes(self, warm_s: float, faults: Sequence[float] = ()) -> dict[tuple[str, str], Slope | None]:
        """Return the trend of each quantity of each kind.

        Args:
            warm_s: seconds that say nothing, at the beginning of a process and after a fault.
            faults: seconds of the monotonic clock at which a level may have changed.
        """
        return {
            name: common_slope([part for life in lives.values() for part in cut(life, faults)], warm_s)
            for name, lives in sorted(self.lives.items())
        }

    def latest(self) -> dict[tuple[str, str], float]:
        """Return the last value of each quantity of each kind, that of the newest process."""
        return {
            name: max((life[-1] for life in lives.values()), default=(0.0, 0.0))[1]
            for name, lives in sorted(self.lives.items())
        }

    def samples(self) -> list[tuple[float, str, str, int, float]]:
        """Return seconds, kind, quantity, process id and value of each look."""
        return [
            (at_s, kind, quantity, pid, value)
            for (kind, quantity), lives in sorted(self.lives.items())
            for (pid, _), life in lives.items()
            for at_s, value in life
        ]

    def processes(self) -> dict[str, int]:
        """Return how many processes of each kind there were."""
        return {kind: len(self.lives[kind, "memory_mib"]) for kind in KINDS}

    def _watch(self) -> None:
        number = 0
        while not self._stop.wait(self.look_s):
            self.look(has_heap=number % _HEAP_EVERY == 0)
            number += 1


def _processes(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield kind, id and start of a cluster's processes."""
    stats = {stat.pid: stat for stat in all_processes()}
    members = {member.pid: member.role for member in read_cluster(folder).members if member.pid in stats}
    for pid, role in members.items():
        yield role, pid, stats[pid].started
    managers = [pid for pid, role in members.items() if role == "taskmanager"]
    for pid in (descendants(stats.values(), managers) - members.keys()) & stats.keys():
        if stats[pid].name.startswith("python"):
            yield "python", pid, stats[pid].started


def _resident_mib(pid: int) -> float | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MIB
    except (OSError, IndexError):
        return None  # it has ended


def _open_files(pid: int) -> float | None:
    try:
        return float(len(os.listdir(f"/proc/{pid}/fd")))
    except OSError:
        return None
