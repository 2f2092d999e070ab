"""All aggregates of one key field together: a batch goes into each of them, and each finds its part of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.sliding.aggregates.distinct import DistinctCount
from state.sliding.aggregates.extremes import SlidingMaximum
from state.sliding.aggregates.latest import Dated, LastValue, PreviousTime
from state.sliding.aggregates.totals import Totals
from state.sliding.crossing import Offsets
from state.sliding.functions import WindowedBatch
from state.sliding.selected import SelectedValues

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.crossing import Crossing
    from state.sliding.key_table import KeyTable
    from state.sliding.log import RowLog
    from state.sliding.plan import Extreme, Selection, SlidingPlan
    from state.sliding.rows import Rows


class Aggregation:
    """The aggregates that a plan needs.

    Args:
        plan: the windows.
        log: gets columns of the aggregates.
        keys: gets arrays of the aggregates.
    """

    def __init__(self, plan: SlidingPlan, log: RowLog, keys: KeyTable) -> None:
        self._plan, self._log = plan, log
        self._offsets = Offsets(plan.offsets_ms, keys)
        self._totals = Totals(plan.quantities, len(plan.offsets_ms), log, keys) if plan.quantities else None
        for extreme in plan.extremes:
            log.add_column(_codes_of(extreme), np.int64)
        self._maxima = {
            (extreme, window_ms): SlidingMaximum(_codes_of(extreme), window_ms, log, keys)
            for extreme, windows in plan.extremes.items()
            for window_ms in windows
        }
        self._distinct = {
            selection: DistinctCount(
                str(selection), windows, is_text=plan.is_text(selection.source), log=log, keys=keys
            )
            for selection, windows in plan.distinct.items()
        }
        self._last = {selection: LastValue(str(selection), keys) for selection in plan.last}
        self._previous = {source: PreviousTime(f"previous {source}", keys) for source in plan.previous}
        self.blocks_ms = tuple({window_ms for _, window_ms in self._maxima})
        """Lengths of the blocks of time that minima and maxima have; a batch shorter than one must be within it."""

    def add(self, batch: SortedBatch, rows: Rows, watermark: int) -> WindowedBatch:
        """Add a batch, also to the log, and return what its rows find.

        Args:
            batch: the rows by key.
            rows: the same rows as they came.
            watermark: covers them, and is before all later rows.
        """
        for (_, window_ms), maximum in self._maxima.items():
            maximum.prepare(batch, self._offsets.crossed[self._offset(window_ms)])
        self._log.append(batch.times, batch.numbers)
        selected = SelectedValues(self._plan, rows, batch)
        totals_at = {} if self._totals is None else {0: self._totals.add(batch, selected)}
        begun = {selection: self._begin(batch, selection, selected) for selection in self._distinct}
        crossing = self._offsets.cross(self._log, batch, watermark)
        if self._totals is not None:
            totals_at |= zip(self._plan.offsets_ms, self._totals.cross(batch, crossing), strict=True)
        own_times = {source: selected.times(source) for source in self._previous}
        return WindowedBatch(
            plan=self._plan,
            times=batch.time,
            totals=self._totals,
            totals_at=totals_at,
            maxima=self._maximize(batch, selected, crossing),
            distinct=self._count_distinct(batch, begun, crossing),
            last={selection: self._find_last(batch, selection, selected) for selection in self._last},
            previous={source: previous.add(batch, own_times[source]) for source, previous in self._previous.items()},
            own_times=own_times,
        )

    def forget(self, watermark: int) -> None:
        """Free what no row after the watermark can see."""
        for distinct in self._distinct.values():
            distinct.forget(watermark)

    def renumber(self, number: NDArray[np.int32]) -> None:
        """Give keys other numbers: that of key k becomes ``number[k]``; below 0: the key is forgotten."""
        for distinct in self._distinct.values():
            distinct.renumber(number)

    def _maximize(
        self, batch: SortedBatch, selected: SelectedValues, crossing: Crossing
    ) -> dict[tuple[Extreme, int], NDArray[np.int64]]:
        codes = {extreme: selected.ranked(extreme) for extreme in self._plan.extremes}
        for extreme, ranked in codes.items():
            self._log.view(_codes_of(extreme), self._log.end - len(batch))[:] = ranked.take(batch.place_by_time)
        return {
            (extreme, window_ms): maximum.add(batch, codes[extreme], self._offset(window_ms), crossing)
            for (extreme, window_ms), maximum in self._maxima.items()
        }

    def _begin(self, batch: SortedBatch, selection: Selection, selected: SelectedValues) -> NDArray[np.int64]:
        is_text = self._plan.is_text(selection.source)
        values = selected.texts(selection) if is_text else selected.codes(selection)
        return self._distinct[selection].add(batch, values, selected.mask(selection))

    def _count_distinct(
        self, batch: SortedBatch, begun: dict[Selection, NDArray[np.int64]], crossing: Crossing
    ) -> dict[tuple[Selection, int], NDArray[np.int64]]:
        return {
            (selection, window_ms): begun[selection][:, place]
            - distinct.cross(batch, place, self._offset(window_ms), crossing)
            for selection, distinct in self._distinct.items()
            for place, window_ms in enumerate(distinct.windows_ms)
        }

    def _find_last(self, batch: SortedBatch, selection: Selection, selected: SelectedValues) -> Dated:
        return self._last[selection].add(batch, selected.codes(selection), selected.mask(selection))

    def _offset(self, window_ms: int) -> int:
        return self._plan.offsets_ms.index(window_ms)


def _codes_of(extreme: Extreme) -> str:
    return f"codes of {extreme}"
