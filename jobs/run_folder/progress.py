"""Progress of a run while it runs: rows, rate, alerts, dead letters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from jobs.errors import JobError
from jobs.run_folder.row_counts import Counts, RowCounter
from jobs.run_folder.timeline import FILE, Point, Timeline

_FIRST_LOOKS_S = 0.2


class Progress:
    """A context that counts the rows of a run, shows them and keeps them in ``timeline.jsonl``, from a thread.

    Args:
        output: folder of the run, which must exist.
        counter: counter of the rows, made before the run starts.
        show: function that is called with the counts every ``interval_s`` seconds, and when an interrupt ends the run.
        interval_s: seconds between two calls.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        output: Path,
        counter: RowCounter,
        show: Callable[[Counts], None],
        *,
        interval_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._output = output
        self._counter = counter
        self._show = show
        self._interval_s = interval_s
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._has_begun = False
        self._start_s = 0.0
        self.problem: JobError | None = None
        """Reason why the last look failed."""

    def __enter__(self) -> Self:
        self._start = self._clock()
        self._rows_before = 0
        self._known = Counts(0, 0, 0, 0.0)
        self._rows_before = self._look().rows
        self._timeline = Timeline(self._output / FILE)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        counts = self.counts()
        self._timeline.close(_point(counts))
        if kind is KeyboardInterrupt:
            self._show(counts)

    def counts(self) -> Counts:
        """Return the current counts; those of the look before where this one fails."""
        self._note_start()
        return self._look()

    @property
    def last(self) -> Counts:
        """The counts of the last look."""
        return self._known

    def _look(self) -> Counts:
        try:
            found = dict(self._counter.poll())
            self.problem = None
        except JobError as error:
            self.problem = error
            return self._known
        predictions, letters = found.get("predictions"), found.pop("dead_letters")
        alerts = found.pop("alerts", 0)
        rows = sum(found.values()) + letters
        self._known = Counts(
            rows, alerts, letters, self._clock() - self._start, self._start_s, self._rows_before, predictions
        )
        return self._known

    def _note_start(self) -> None:
        """Note the time until which no row had come."""
        seconds = self._clock() - self._start
        if self._has_begun:
            return
        with suppress(JobError):
            self._has_begun = self._counter.has_grown()
        if not self._has_begun:
            self._start_s = seconds

    def _watch(self) -> None:
        shown_s = 0.0
        # Look often before the first row: the rate begins with it.
        while not self._stop.wait(self._interval_s if self._has_begun else min(_FIRST_LOOKS_S, self._interval_s)):
            seconds = self._clock() - self._start
            if seconds - shown_s < self._interval_s:
                self._note_start()
                continue
            shown_s = seconds
            counts = self.counts()
            self._timeline.add(_point(counts))
            # Their display may end on a full disk or in a broken pipe; the run continues.
            with suppress(OSError):
                self._show(counts)


def _point(counts: Counts) -> Point:
    return Point(counts.seconds, counts.rows, counts.alerts, counts.dead_letters)
