"""Monitor of drift in a job: windows and, if the settings ask for them, detectors of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state.drift.sequential.watch import ChangeWatch, forget_changes
from state.drift.windows import DriftWindows

if TYPE_CHECKING:
    from conf.drift import DriftSettings
    from state.drift.rows import SampledRows
    from state.drift.store import Store


class DriftMonitor:
    """A monitor that takes sampled rows and watermarks, and returns the records of windows and changes.

    Records come in the order of event time. The store holds the state of windows and detectors. A job may switch
    detectors on or off and keep its store; the detectors then start over.

    Args:
        settings: settings of windows and detectors.
        store: state over restarts.
    """

    def __init__(self, settings: DriftSettings, store: Store) -> None:
        self._store = store
        self._windows = DriftWindows(settings, store)
        is_watched = settings.sequential.detector != "none"
        self._changes = ChangeWatch(settings.sequential, store, self._windows.baseline_of) if is_watched else None
        # State has no key before the first rows.
        self._is_store_clean = is_watched

    def add(self, rows: SampledRows) -> list[dict[str, Any]]:
        """Count rows; if they bring another baseline, return the records of the windows that it ends."""
        if not self._is_store_clean:
            forget_changes(self._store)
            self._is_store_clean = True
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
        """Return the records of complete windows and changes.

        Args:
            watermark_ms: event time up to which all rows have come, as far as is known; may fall back.
        """
        windows = self._windows.advance(watermark_ms)
        return windows if self._changes is None else _merged(windows, self._changes.advance(watermark_ms))

    def finish(self) -> list[dict[str, Any]]:
        """Return the records of all open windows and waiting rows at the end of the input."""
        windows = self._windows.finish()
        return windows if self._changes is None else _merged(windows, self._changes.finish())


def _merged(windows: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A change at the end of a window is in the next one: windows come first.
    return sorted([*windows, *changes], key=lambda record: record["window_end"])
