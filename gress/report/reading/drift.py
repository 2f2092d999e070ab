"""Reader of a run's drift verdicts, one for each window and model version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import refuse
from state.drift.records import is_change


@dataclass(frozen=True)
class ColumnDrift:
    """The drift of one column in a window.

    Attributes:
        name: name of the column.
        role: ``feature`` or ``score``; ``outcome`` for a detector of errors.
        measure: measure of drift, such as ``psi``, or the detector that found a change.
        statistic: value in the measure's own unit.
        is_drift: the column drifted.
        score: size of the drift, 0 none to 1.
    """

    name: str
    role: str
    measure: str
    statistic: float
    is_drift: bool
    score: float


@dataclass(frozen=True)
class Quality:
    """Quality of the scores with known outcomes; None = not computable."""

    outcomes: int
    auc_roc: float | None
    calibration_error: float | None


@dataclass(frozen=True)
class DriftWindow:
    """The verdict on one window of one model version.

    Attributes:
        is_change: the record is of a change that a sequential detector found at ``end``.
    """

    start: dt.datetime
    end: dt.datetime
    model: str
    version: str
    rows: int
    is_drift: bool
    is_change: bool
    findings: tuple[ColumnDrift, ...]
    quality: Quality | None


def read_drift(run: Path) -> list[DriftWindow]:
    """Return the windows of a run in the order of time; none if drift was not watched.

    Raises:
        JobError: a line is no verdict.
    """
    folder = run / "drift"
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "_")))
    windows = [window for path in paths for window in _windows(path)]
    return sorted(windows, key=lambda window: (window.start, window.model, window.version))


def _windows(path: Path) -> list[DriftWindow]:
    import orjson

    windows = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            windows.append(_window(orjson.loads(line)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            refuse(
                f"{path} line {number}",
                "a window with its findings",
                f"{line[:80]!r} ({error!r})",
                "remove drift/ to go without",
            )
    return windows


def _window(record: Mapping[str, Any]) -> DriftWindow:
    return DriftWindow(
        start=_time(record["window_start"]),
        end=_time(record["window_end"]),
        model=str(record["model"]),
        version=str(record["version"]),
        rows=int(record["rows"]),
        is_drift=bool(record["is_drift"]),
        is_change=is_change(record),
        findings=tuple(map(_column_drift, record["findings"])),
        quality=_quality(record.get("quality")),
    )


def _time(text: str) -> dt.datetime:
    # Python 3.10 cannot parse a Z.
    found = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.replace(tzinfo=dt.timezone.utc) if found.tzinfo is None else found.astimezone(dt.timezone.utc)


def _column_drift(record: Mapping[str, Any]) -> ColumnDrift:
    return ColumnDrift(
        name=str(record["name"]),
        role=str(record["role"]),
        measure=str(record["measure"]),
        statistic=_number(record["statistic"]),
        is_drift=bool(record["is_drift"]),
        score=_number(record["score"]),
    )


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _quality(record: Mapping[str, Any] | None) -> Quality | None:
    if record is None:
        return None
    return Quality(int(record["outcomes"]), record.get("auc_roc"), record.get("calibration_error"))
