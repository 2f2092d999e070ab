"""Windows of live rows, counted as they come and judged when they are complete.

Rules of this file:

- Each row counts once. A row that comes after its window was judged counts in the oldest open window.
- All state is in the store, so a restored job continues as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from state.drift import MEASURES
from state.drift.histograms import Histograms
from state.drift.judge import judge, overall_score
from state.drift.pane import Pane
from state.drift.records import number, window_record

if TYPE_CHECKING:
    from conf.drift import DriftSettings
    from state.drift.rows import SampledRows
    from state.drift.store import Store

_CLOCK = "closed"
_BEFORE_ALL_MS = -(2**62)
_LEAST_OUTCOMES = 10


class DriftWindows:
    """Tumbling windows of event time, for each version of a model.

    Args:
        settings: settings of windows and their judgement.
        store: state over restarts.
    """

    def __init__(self, settings: DriftSettings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._baselines: dict[str, Histograms] = {}

    def add(self, rows: SampledRows) -> list[dict[str, Any]]:
        """Count rows; if they bring another baseline, return the records of the windows that it ends."""
        ref = rows.ref
        replaced = self._take_baseline(ref, rows)
        baseline = self.baseline_of(ref)
        if baseline is None:
            return replaced
        width = self._settings.window_ms
        starts = np.maximum(rows.times_ms // width * width, self._closed_ms())
        for start in np.unique(starts).tolist():
            chosen = starts == start
            key = f"pane {start} {ref}"
            packed = self._store.get(key)
            pane = Pane(baseline) if packed is None else Pane.from_bytes(packed, baseline)
            pane.update(rows.matrix[chosen], rows.scores[chosen], rows.labels[chosen])
            self._store.put(key, pane.to_bytes())
        return replaced

    def advance(self, watermark_ms: int) -> list[dict[str, Any]]:
        """Return the records of the windows that are complete, the earliest first.

        Args:
            watermark_ms: event time up to which all rows have come, as far as is known; may fall back.
        """
        width = self._settings.window_ms
        complete_ms = (watermark_ms + 1) // width * width
        if complete_ms <= self._closed_ms():
            return []
        self._store.put(_CLOCK, complete_ms)
        return self._close(complete_ms)

    def finish(self) -> list[dict[str, Any]]:
        """Return the records of all open windows at the end of the input."""
        return self._close(None)

    def _closed_ms(self) -> int:
        """Return the time before which all windows were judged."""
        kept = self._store.get(_CLOCK)
        return _BEFORE_ALL_MS if kept is None else int(kept)

    def _take_baseline(self, ref: str, rows: SampledRows) -> list[dict[str, Any]]:
        """Keep the baseline of rows; a different one ends the windows of the old one."""
        if rows.baseline is None or not self.is_other_baseline(rows):
            return []
        records = self._close(None, ref)
        self._store.put(f"baseline {ref}", dict(rows.baseline))
        self._baselines.pop(ref, None)
        return records

    def is_other_baseline(self, rows: SampledRows) -> bool:
        """Return whether rows bring a baseline other than the one kept for their version."""
        return rows.baseline is not None and self._store.get(f"baseline {rows.ref}") != rows.baseline

    def baseline_of(self, ref: str) -> Histograms | None:
        """Return the baseline of a version; None: none has come."""
        if ref not in self._baselines:
            document = self._store.get(f"baseline {ref}")
            if document is None:
                return None
            self._baselines[ref] = Histograms.from_json(document)
        return self._baselines[ref]

    def _close(self, before_ms: int | None, only: str | None = None) -> list[dict[str, Any]]:
        records = []
        for start, ref, key in sorted(self._panes()):
            baseline = self.baseline_of(ref)
            if baseline is None or (before_ms is not None and start >= before_ms) or only not in (None, ref):
                continue
            pane = Pane.from_bytes(self._store.get(key), baseline)
            records.append(self._record(start, ref, baseline, pane))
            self._store.remove(key)
        return records

    def _panes(self) -> Iterator[tuple[int, str, str]]:
        for key in list(self._store.keys()):
            kind, _, rest = key.partition(" ")
            if kind == "pane":
                start, _, ref = rest.partition(" ")
                yield int(start), ref, key

    def _record(self, start: int, ref: str, baseline: Histograms, pane: Pane) -> dict[str, Any]:
        """Return the record of a window; one with too few rows is not judged."""
        settings = self._settings
        span, quality = (start, start + settings.window_ms), _quality(pane, settings.alpha)
        if pane.rows < settings.min_rows:
            return window_record(ref, span, pane.rows, findings=None, score=None, quality=quality)
        findings = judge(baseline, pane.counts, settings.alpha, measure=MEASURES[settings.measure])
        return window_record(
            ref, span, pane.rows, findings=findings, score=overall_score(findings), quality=quality
        )


def _quality(pane: Pane, alpha: float) -> dict[str, Any] | None:
    outcomes = pane.calibration.rows
    if outcomes < _LEAST_OUTCOMES:
        return None
    said = pane.calibration.measure()
    is_drift = said.p <= alpha
    return {
        "outcomes": outcomes,
        "auc_roc": number(pane.auc.area),
        "calibration_error": number(said.statistic),
        "p": number(said.p),
        "is_drift": is_drift,
        "score": round(said.score, 6) if is_drift else 0.0,
    }
