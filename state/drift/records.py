"""Records of drift as JSON-able values: one for each window that is complete, and one for each change found."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from state.drift.sequential.streams import SEQUENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from state.drift.judge import Finding
    from state.drift.sequential.streams import Detection

_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999  # years 1 and 9999


def window_record(
    ref: str,
    span: tuple[int, int],
    rows: int,
    *,
    findings: Sequence[Finding] | None,
    score: float | None,
    quality: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the record of a window.

    Args:
        ref: the model's name and version.
        span: start and end in ms since 1970.
        rows: number of counted rows.
        findings: results of the columns' tests; None: the window had too few rows to be judged.
        score: size of the drift, 0..1; None if the window was not judged.
        quality: figures from outcomes; None: there were too few.
    """
    model, _, version = ref.rpartition("@")
    return {
        "window_start": _time(span[0]),
        "window_end": _time(span[1]),
        "model": model,
        "version": version,
        "rows": rows,
        "score": None if score is None else round(score, 6),
        "is_drift": any(finding.is_drift for finding in findings or ()),
        "findings": [_plain(finding) for finding in findings or ()],
        "quality": quality,
    }


def change_record(ref: str, detection: Detection) -> dict[str, Any]:
    """Return the record of a change: a window from the change before it to the event at which it was found.

    Its one finding names the detector as its measure. There is no p, as there was no test of a whole window, and the
    statistic is by how much the mean moved, with its sign.
    """
    span = detection.since_ms, detection.found_ms
    found = detection.finding
    return window_record(ref, span, detection.rows, findings=[found], score=found.score, quality=None)


def is_change(record: Mapping[str, Any]) -> bool:
    """Return whether a record is of a change, not of a window."""
    return any(finding["measure"] in SEQUENTIAL for finding in record["findings"])


def number(value: float) -> float | None:
    """Return a number for JSON, with None for NaN."""
    return None if math.isnan(value) else float(value)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "role": finding.role,
        "measure": finding.measure,
        "statistic": number(finding.statistic),
        "p": number(finding.p),
        "q": number(finding.q),
        "is_drift": finding.is_drift,
        "score": round(finding.score, 6),
    }


def _time(ms: int) -> str:
    # Windows at either end of the calendar reach beyond it.
    within = min(max(ms, _FIRST_MS), _LAST_MS)
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(milliseconds=within)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
