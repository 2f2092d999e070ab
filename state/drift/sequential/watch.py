"""Changes in the streams of all versions, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state.drift.records import change_record
from state.drift.sequential.rows_ahead import KIND, RowsAhead
from state.drift.sequential.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from conf.drift import SequentialSettings
    from state.drift.histograms import Histograms
    from state.drift.rows import SampledRows
    from state.drift.store import Store

_LAST_MS = 2**63 - 1


class ChangeWatch:
    """A watch over sampled rows in the order of event time.

    It examines a row when the watermark has passed it, so neither the number of tasks nor the split into batches
    changes the result. It examines a row that comes later with the next ones.

    Args:
        settings: settings of the detector and its streams; not ``none``.
        store: state over restarts.
        baseline_of: function that returns the baseline of a version whose rows were added.
    """

    def __init__(
        self, settings: SequentialSettings, store: Store, baseline_of: Callable[[str], Histograms | None]
    ) -> None:
        self._settings = settings
        self._store = store
        self._baseline_of = baseline_of
        self._ahead = RowsAhead(store)
        self._streams: dict[str, Streams] = {}

    def add(self, ref: str, rows: SampledRows) -> None:
        """Keep rows of a version until the watermark has passed them."""
        self._ahead.add(ref, rows)

    def advance(self, watermark_ms: int) -> list[dict[str, Any]]:
        """Return the records of the changes up to a time, by time."""
        found = [record for ref, rows in self._ahead.take(watermark_ms) for record in self._changes(ref, rows)]
        return sorted(found, key=lambda record: record["window_end"])

    def finish(self) -> list[dict[str, Any]]:
        """Return the records of the changes in all waiting rows at the end of the input."""
        return self.advance(_LAST_MS)

    def end(self, ref: str) -> list[dict[str, Any]]:
        """Examine the waiting rows of a version and forget it, because its baseline is about to change."""
        rows = self._ahead.take_all(ref)
        records = [] if rows is None else self._changes(ref, rows)
        self._streams.pop(ref, None)
        if self._store.get(_key(ref)) is not None:
            self._store.remove(_key(ref))
        return records

    def _changes(self, ref: str, rows: SampledRows) -> list[dict[str, Any]]:
        streams = self._streams_of(ref)
        if streams is None:
            return []
        found = streams.update(rows)
        self._store.put(_key(ref), streams.snapshot())
        return [change_record(ref, detection) for detection in found]

    def _streams_of(self, ref: str) -> Streams | None:
        baseline = self._baseline_of(ref)
        if ref not in self._streams and baseline is not None:
            made = self._streams[ref] = Streams(self._settings, baseline)
            kept = self._store.get(_key(ref))
            if kept is not None:
                made.restore(kept)
        return self._streams.get(ref)


def forget_changes(store: Store) -> None:
    """Remove what detectors kept, because none runs now: one that is switched on later starts over."""
    for key in list(store.keys()):
        if key.startswith((f"{KIND} ", _key(""))):
            store.remove(key)


def _key(ref: str) -> str:
    return f"streams {ref}"
