"""The streams of one version of a model, each with a detector of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift.judge import Finding
from state.drift.quality.labelled import is_outcome
from state.drift.sequential.adwin import Adwin
from state.drift.sequential.page_hinkley import PageHinkley
from state.drift.sequential.ranks import TrainingRanks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Literal, TypeAlias

    from numpy.typing import NDArray

    from conf.drift import SequentialSettings
    from state.drift.histograms import Histograms
    from state.drift.rows import SampledRows
    from state.drift.sequential.change import Change
    from state.drift.sequential.detector import Detector

    Role: TypeAlias = Literal["feature", "score", "outcome"]

VERSION = 1

SEQUENTIAL: dict[str, Callable[[SequentialSettings], Detector]] = {
    "adwin": lambda settings: Adwin(delta=settings.delta),
    "page_hinkley": lambda settings: PageHinkley(tolerance=settings.tolerance, threshold=settings.threshold),
}


@dataclass(frozen=True)
class Detection:
    """A change in one stream.

    Attributes:
        since_ms: event time of the first value since the change before, or of the first of all.
        found_ms: event time of the value at which the change was found.
        rows: values in between.
        finding: the stream, the detector, and the size of the change.
    """

    since_ms: int
    found_ms: int
    rows: int
    finding: Finding


class Streams:
    """The watched streams of one version: features, score and outcome.

    Features and the score are watched as `TrainingRanks`, the outcome as |label − score|. A row without an outcome, or
    with a missing feature, is ignored in that stream.

    Args:
        settings: settings of the detector and its streams.
        baseline: baseline of the version: the features, then one score.
    """

    def __init__(self, settings: SequentialSettings, baseline: Histograms) -> None:
        self._detector = settings.detector
        self._streams: dict[str, _Stream] = {}
        self._ranks = [TrainingRanks(baseline, position) for position in range(len(baseline.columns))]
        self._columns = [(f"{column.role}:{column.name}", column.role) for column in baseline.columns]
        wanted = {"feature": "features" in settings.streams, "score": "score" in settings.streams}
        for column in baseline.columns:
            if wanted[column.role]:
                self._add(settings, column.name, column.role)
        if "outcome" in settings.streams:
            self._add(settings, "error", "outcome")

    def _add(self, settings: SequentialSettings, name: str, role: Role) -> None:
        detector = SEQUENTIAL[settings.detector](settings)
        self._streams[f"{role}:{name}"] = _Stream(name, role, settings.detector, detector)

    def update(self, rows: SampledRows) -> list[Detection]:
        """Take rows in the order of event time, and return the changes by time, then in the order of streams."""
        found = [
            detection
            for key, values in self._values(rows)
            for detection in self._streams[key].update(values, rows.times_ms)
        ]
        return sorted(found, key=lambda detection: detection.found_ms)

    def _values(self, rows: SampledRows) -> Iterator[tuple[str, NDArray[np.float64]]]:
        for position, (key, role) in enumerate(self._columns):
            if key in self._streams:
                column = rows.scores if role == "score" else rows.matrix[:, position]
                yield key, self._ranks[position].of(column)
        if "outcome:error" in self._streams:
            is_known = is_outcome(rows.scores, rows.labels)
            yield "outcome:error", np.where(is_known, np.abs(rows.labels - rows.scores), np.nan)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as builtins; settings and baseline come from the constructor again."""
        streams = {key: stream.snapshot() for key, stream in self._streams.items()}
        return {"version": VERSION, "detector": self._detector, "streams": streams}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take the state of a snapshot; a stream that it does not have, or of another detector, starts over.

        Raises:
            ValueError: it is of another format version.
        """
        if snapshot.get("version") != VERSION:
            msg = (
                f"streams: expected a snapshot of version {VERSION}, got {snapshot.get('version')!r}; start without it"
            )
            raise ValueError(msg)
        if snapshot["detector"] == self._detector:
            for key in self._streams.keys() & snapshot["streams"].keys():
                self._streams[key].restore(snapshot["streams"][key])


class _Stream:
    """One stream: its detector, and the time of its last change."""

    def __init__(self, name: str, role: Role, measure: str, detector: Detector) -> None:
        self._name, self._role, self._measure, self._detector = name, role, measure, detector
        self._since_ms: int | None = None
        self._rows = 0

    def update(self, values: NDArray[np.float64], times_ms: NDArray[np.int64]) -> list[Detection]:
        is_there = ~np.isnan(values)
        if not is_there.any():
            return []
        since_ms = int(times_ms[is_there][0]) if self._since_ms is None else self._since_ms
        seen = np.cumsum(is_there) + self._rows
        found, before = [], 0
        for change in self._detector.update(values):
            found_ms, rows = int(times_ms[change.position]), int(seen[change.position])
            found.append(Detection(since_ms, found_ms, rows - before, self._finding(change)))
            since_ms, before = found_ms, rows
        self._since_ms, self._rows = since_ms, int(seen[-1]) - before
        return found

    def _finding(self, change: Change) -> Finding:
        return Finding(
            self._name, self._role, self._measure, change.shift, math.nan, math.nan, is_drift=True, score=change.score
        )

    def snapshot(self) -> dict[str, Any]:
        return {"since_ms": self._since_ms, "rows": self._rows, "detector": self._detector.snapshot()}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self._since_ms, self._rows = snapshot["since_ms"], snapshot["rows"]
        self._detector.restore(snapshot["detector"])
