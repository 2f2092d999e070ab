"""Progress line of a long run: rows, rate, alerts, dead letters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from jobs.run_folder.part_files import LineCounter
from jobs.run_folder.timeline import FILE, Point, Timeline


@dataclass(frozen=True)
class Counts:
    """The counts of a run so far."""

    rows: int
    alerts: int
    dead_letters: int
    seconds: float

    def text(self, total: int | None) -> str:
        """Return the counts as a line; before the first row it says what the run waits for.

        >>> Counts(rows=5_000, alerts=3, dead_letters=0, seconds=2.0).text(10_000)
        '5,000 of 10,000 rows (50 %), 2,500 rows/s, 3 alerts, 0 dead letters, 2 s'
        """
        if not self.rows and total is None:
            return f"starting Flink or waiting for events, {self.seconds:.0f} s"
        if not self.rows and total:
            return f"starting Flink, {self.seconds:.0f} s; {total:,} rows to come"
        of_total = (
            f" of {total:,} rows ({100 * self.rows // max(total, 1)} %)" if total is not None else " rows"
        )
        rate = self.rows / self.seconds if self.seconds else 0.0
        return (
            f"{self.rows:,}{of_total}, {rate:,.0f} rows/s, {self.alerts:,} alerts, "
            f"{self.dead_letters:,} dead letters, {self.seconds:.0f} s"
        )


class Elapsed(Counts):
    """The running time of a run whose rows go to Kafka, where this process does not count them."""

    def text(self, total: int | None) -> str:
        """Return the time as a line.

        >>> Elapsed(rows=0, alerts=0, dead_letters=0, seconds=61.4).text(None)
        'running for 61 s, rows go to Kafka'
        """
        return f"running for {self.seconds:.0f} s, rows go to Kafka"


class Clock:
    """A context that shows the running time of a run, from a background thread.

    Args:
        show: function that is called with the counts every ``interval_s`` seconds.
        interval_s: seconds between two calls.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        show: Callable[[Counts], None],
        *,
        interval_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._interval_s = interval_s
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._start = self._clock()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def counts(self) -> Counts:
        """Return the current counts."""
        return Elapsed(0, 0, 0, self._clock() - self._start)

    def _watch(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._show(self.counts())


class Progress(Clock):
    """A context that counts the rows in the folders of a run, shows them and keeps them in ``timeline.jsonl``.

    Args:
        output: folder of the run, which must exist.
        rows: sub-folder with one line per good row.
        show: function that is called with the counts every ``interval_s`` seconds.
        interval_s: seconds between two calls.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        output: Path,
        rows: str,
        show: Callable[[Counts], None],
        *,
        interval_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(self._keep, interval_s=interval_s, clock=clock)
        self._output = output
        self._counters = [LineCounter(output / name) for name in (rows, "alerts", "dead_letters")]
        self._show_counts = show

    def __enter__(self) -> Self:
        self._timeline = Timeline(self._output / FILE)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._timeline.close(_point(self.counts()))

    def counts(self) -> Counts:
        """Return the current counts."""
        good, alerts, dead_letters = (counter.poll() for counter in self._counters)
        return Counts(good + dead_letters, alerts, dead_letters, self._clock() - self._start)

    def _keep(self, counts: Counts) -> None:
        self._timeline.add(_point(counts))
        self._show_counts(counts)


def _point(counts: Counts) -> Point:
    return Point(counts.seconds, counts.rows, counts.alerts, counts.dead_letters)
