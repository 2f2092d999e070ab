"""Timeline of a run: counts over time, in a file beside its rows that never exceeds some kilobytes."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conf.folders.whole_file import whole_file
from jobs.errors import refuse

FILE = "timeline.jsonl"


@dataclass(frozen=True)
class Point:
    """The counts of a run after some seconds; rows are predictions and dead letters together."""

    seconds: float
    rows: int
    alerts: int
    dead_letters: int

    def line(self) -> str:
        r"""Return the point as a line of JSON.

        >>> Point(2.0, 1500, 3, 20).line()
        '{"seconds": 2.0, "rows": 1500, "alerts": 3, "dead_letters": 20}\n'
        """
        return json.dumps(vars(self) | {"seconds": round(self.seconds, 3)}) + "\n"


class Timeline:
    """A file of points; when it is full it keeps every second point, later every fourth, and so on.

    On a full disk it continues without the points that it cannot write; each line is whole.

    Args:
        path: file to write; an existing one is replaced.
        limit: most points in the file, not counting the one of ``close``.
    """

    def __init__(self, path: Path, *, limit: int = 2_000) -> None:
        self._path = path
        self._limit = limit
        self._points: list[Point] = []
        self._every = 1
        self._offered = 0
        self._size_bytes = 0
        path.write_text("", encoding="utf-8")

    def add(self, point: Point) -> None:
        """Keep a point, or skip it if points are thinned out."""
        is_kept = self._offered % self._every == 0
        self._offered += 1
        if not is_kept:
            return
        self._points.append(point)
        if len(self._points) < self._limit:
            self._append(point)
        else:
            self._thin_out()

    def close(self, point: Point) -> None:
        """Keep the last point in any case."""
        self._append(point)

    def _append(self, point: Point) -> None:
        line = point.line().encode()
        try:
            with self._path.open("ab", buffering=0) as file:
                # A full disk may have left a part of an earlier line.
                file.truncate(self._size_bytes)
                written = file.write(line)
        except OSError:
            return
        if written == len(line):
            self._size_bytes += written
        else:
            os.truncate(self._path, self._size_bytes)

    def _thin_out(self) -> None:
        self._points = self._points[::2]
        self._every *= 2
        text = "".join(point.line() for point in self._points).encode()
        # Replace the file as a whole, so that a reader never sees half of it.
        with suppress(OSError):
            with whole_file(self._path) as part:
                part.write_bytes(text)
            self._size_bytes = len(text)


def read_timeline(folder: Path) -> list[Point]:
    """Return the points of a run in the order of time; none if it has no timeline.

    Raises:
        JobError: a line is not a point.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    points = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            points.append(Point(**json.loads(line)))
        except (TypeError, ValueError):
            refuse(
                f"{path} line {number}",
                "seconds, rows, alerts and dead_letters",
                repr(line[:80]),
                "remove the file to go without",
            )
    return points
