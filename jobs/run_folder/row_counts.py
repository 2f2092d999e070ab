"""Counts of the rows that a run has written so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobs.run_folder.part_files import LineCounter


@dataclass(frozen=True)
class Counts:
    """The counts of a run so far.

    Attributes:
        rows: rows with a prediction, and dead letters.
        alerts: predictions over the threshold.
        dead_letters: rows without a prediction.
        seconds: since the run was submitted.
        start_s: the part of these that went by before the first row.
        rows_before: rows of the runs that this one continues from.
        predictions: rows with a prediction; None: the run makes none.
    """

    rows: int
    alerts: int
    dead_letters: int
    seconds: float
    start_s: float = 0.0
    rows_before: int = 0
    predictions: int | None = None

    @property
    def rows_per_s(self) -> float:
        """Rows a second with the start of Flink; 0 without any time."""
        return (self.rows - self.rows_before) / self.seconds if self.seconds else 0.0

    @property
    def rows_per_s_from_first(self) -> float:
        """Rows a second from the first row; 0 without any time."""
        flowing_s = self.seconds - self.start_s
        return (self.rows - self.rows_before) / flowing_s if flowing_s > 0 else 0.0

    def text(self, total: int | None) -> str:
        """Return the counts as a line; before the first row it says what the run waits for.

        >>> Counts(rows=5_000, alerts=3, dead_letters=0, seconds=12.0, start_s=10.0, predictions=5_000).text(10_000)
        '5,000 of 10,000 rows (50 %), 2,500 rows/s, 5,000 predictions, 3 alerts, 0 dead letters, 12 s'
        """
        if not self.rows and total is None:
            return f"starting Flink or waiting for events, {self.seconds:.0f} s"
        if not self.rows and total:
            return f"starting Flink, {self.seconds:.0f} s; {total:,} rows to come"
        of_total = (
            f" of {total:,} rows ({100 * self.rows // max(total, 1)} %)" if total is not None else " rows"
        )
        predictions = "" if self.predictions is None else f"{self.predictions:,} predictions, "
        return (
            f"{self.rows:,}{of_total}, {self.rows_per_s_from_first:,.0f} rows/s, {predictions}{self.alerts:,} alerts, "
            f"{self.dead_letters:,} dead letters, {self.seconds:.0f} s"
        )


class RowCounter(Protocol):
    """A counter of the rows that a run has written so far."""

    def poll(self) -> Mapping[str, int]:
        """Return the rows so far: good ones, ``alerts`` and ``dead_letters``."""

    def has_grown(self) -> bool:
        """Return whether a row was written since the counter was made."""


class FolderCounter:
    """A counter of the rows in the folders of a run.

    Args:
        output: folder of the run.
        rows: sub-folder with one line per good row.
    """

    def __init__(self, output: Path, rows: str) -> None:
        self._counters = {name: LineCounter(output / name) for name in (rows, "alerts", "dead_letters")}
        self._before = sum(self.poll().values())

    def poll(self) -> Mapping[str, int]:
        """Return the lines so far by name of their folder."""
        return {name: counter.poll() for name, counter in self._counters.items()}

    def has_grown(self) -> bool:
        """Return whether there is a line more than when the counter was made."""
        return sum(self.poll().values()) > self._before
