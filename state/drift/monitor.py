"""All that watches drift in a job: windows, and where it is asked for, detectors of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state.drift.sequential.watch import ChangeWatch
from state.drift.windows import DriftWindows

if TYPE_CHECKING:
    from conf.drift import DriftSettings
    from state.drift.rows import SampledRows
    from state.drift.store import Store


class DriftMonitor:
    """Take sampled rows and watermarks, and return the records of windows and changes in the order of event time.

    The store has the state of both. A store that was kept without detectors is a good start with them, and the other
    way round: detectors then start anew.

    Args:
        settings: how windows are judged, and which detector watches which streams.
        store: what is kept.
    """

    def __init__(self, settings: DriftSettings, store: Store) -> None:
        self._windows = DriftWindows(settings, store)
        is_watched = settings.sequential.detector != "none"
        self._changes = ChangeWatch(settings.sequential, store, self._windows.baseline_of) if is_watched else None

    def add(self, rows: SampledRows) -> list[dict[str, Any]]:
        """Count rows; return the records that end with them, as their baseline is another one."""
        changes = self._changes
        if changes is None:
            return self._windows.add(rows)
        ref = rows.ref
        ended = changes.end(ref) if self._windows.is_other_baseline(rows) else []
        records = _merged(self._windows.add(rows), ended)
        if self._windows.baseline_of(ref) is not None:
            changes.add(ref, rows)
        return records

    def advance(self, watermark_ms: int) -> list[dict[str, Any]]:
        """Return the records of what is complete.

        Args:
            watermark_ms: event time up to which all rows have come, as far as anybody knows; may fall back.
        """
        windows = self._windows.advance(watermark_ms)
        return windows if self._changes is None else _merged(windows, self._changes.advance(watermark_ms))

    def finish(self) -> list[dict[str, Any]]:
        """Return the records of all that is open: no row comes any more."""
        windows = self._windows.finish()
        return windows if self._changes is None else _merged(windows, self._changes.finish())


def _merged(windows: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A change at the end of a window is in the next one: windows come first.
    return sorted([*windows, *changes], key=lambda record: record["window_end"])
