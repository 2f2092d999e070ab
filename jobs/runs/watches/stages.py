"""Stages of a run's start, from the command to the first row, and the seconds of each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from jobs.run_folder.part_files import LineCounter

_LOOK_S = 0.1
_STARTED = frozenset({"RUNNING", "FINISHED"})


@dataclass(frozen=True)
class Stage:
    """A stage that has ended."""

    name: str
    seconds: float

    def text(self) -> str:
        """Return the stage as a line.

        >>> Stage("JVM", 3.44).text()
        '  3.4 s  JVM'
        """
        return f"{self.seconds:5.1f} s  {self.name}"


class Stages:
    """A stopwatch of a run's start that reports each stage as it ends.

    Args:
        tell: called with each stage; None: there is no listener.
        age_s: seconds that the first stage has lasted already.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        tell: Callable[[Stage], None] | None = None,
        age_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._start = self._last = clock() - age_s

    @property
    def is_told(self) -> bool:
        """Whether the stages are reported."""
        return self._tell is not None

    def end(self, name: str) -> None:
        """Tell that a stage, which began when the one before ended, ends now."""
        before, self._last = self._last, self._clock()
        self._say(name, self._last - before)

    def end_all(self) -> None:
        """Tell how long all stages together took."""
        self._say("from the command to the first row", self._last - self._start)

    def _say(self, name: str, seconds: float) -> None:
        if self._tell is not None:
            self._tell(Stage(name, seconds))


class StartWatch:
    """A context that reports when the tasks of a submitted job run, and when its first row is written.

    Args:
        stages: stopwatch whose last stage ended with the submission.
        address: HOST:PORT of Flink's REST API.
        output: folder of the run; None: its rows go elsewhere, and the first one is not seen.
    """

    def __init__(self, stages: Stages, address: str, output: Path | None) -> None:
        self._stages = stages
        self._rest = FlinkRest(address)
        folders = () if output is None else (output / "predictions", output / "dead_letters")
        self._counters = [LineCounter(folder) for folder in folders]
        # A resumed run adds to these.
        self._rows_before = self._count()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._stages.is_told:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._stages.is_told:
            self._thread.join()

    def _watch(self) -> None:
        for name, is_over in (("workers", self._is_running), ("first row", self._has_row)):
            if name == "first row" and not self._counters:
                return
            while not is_over():
                # A short run ends before the next look.
                if self._stop.wait(_LOOK_S) and not is_over():
                    return
            self._stages.end(name)
        self._stages.end_all()

    def _is_running(self) -> bool:
        # A run that is over has no REST API.
        if self._has_row():
            return True
        try:
            jobs = self._rest.jobs()
            tasks = self._rest.get(f"/jobs/{jobs[0].id}")["vertices"] if jobs else ()
        except JobError:
            return False
        return bool(tasks) and all(task["status"] in _STARTED for task in tasks)

    def _has_row(self) -> bool:
        return self._count() > self._rows_before

    def _count(self) -> int:
        return sum(counter.poll() for counter in self._counters)


def process_age_s() -> float:
    """Return the seconds since this process started; 0 where the system does not know."""
    try:
        started_ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(uptime_s - started_ticks / os.sysconf("SC_CLK_TCK"), 0.0)
