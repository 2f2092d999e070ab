"""The tracker stage as an operator of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import MapStateDescriptor

from state.sliding.codes import LEAST
from state.sql import SqlColumns
from state.trackers.plan import TrackerPlan
from udfs.garbage import spare_loaded_objects
from udfs.trackers.keyed_trackers import KeyedTrackers
from udfs.windows.code import check_code, code_digest
from udfs.windows.keyed_windows import MOST_ROWS
from udfs.windows.late_rows import LateLetters
from udfs.windows.parts import Block, PartFormat, by_key
from udfs.windows.stage import NextKey, labels_with_state, late_tag

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext

_PACKAGES = ("state.learning", "state.sliding", "state.trackers", "udfs.trackers", "udfs.windows")
# Read when this module is: the files of an ended job are gone.
_CODE = code_digest(_PACKAGES)
_WAITING, _TRACKERS = "waiting", "trackers"


class TrackerStage(KeyedProcessFunction):  # type: ignore[misc]
    """A stage that adds the answers of one key's trackers to packed rows.

    Its elements are parts, and the key is the label of their shard. Its outputs are ``(label, part)`` by the shards of
    the next key, with label 0 where no stage follows.

    Args:
        plan: the trackers.
        columns: columns of the parts that come.
        kept: names of those that stay; others end when a row is judged.
        follows: the next stage; None: this is the last.
        letters: writer of late rows; None: rows were judged before.
        most_rows: most rows of a part that leaves.
        allowance_ms: how far behind the watermark a row may be.
    """

    def __init__(
        self,
        plan: TrackerPlan,
        columns: SqlColumns,
        *,
        kept: tuple[str, ...],
        follows: NextKey | None,
        letters: LateLetters | None,
        most_rows: int = MOST_ROWS,
        allowance_ms: int = 0,
    ) -> None:
        self._most_rows, self._allowance_ms, self._code = most_rows, allowance_ms, _CODE
        self._plan, self._columns, self._kept = plan, columns, kept
        self._follows, self._letters = follows, letters

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the rows that wait in all shards of this task."""
        check_code("trackers", self._code, _CODE)
        kinds = dict(self._columns)
        self._format = PartFormat(self._columns)
        kept = tuple((name, kinds[name]) for name in self._kept)
        self._out = PartFormat((*kept, *((name, "DOUBLE") for name in self._plan.outputs)))
        state = runtime_context.get_map_state
        waiting = state(MapStateDescriptor(_WAITING, Types.LONG(), Types.PICKLED_BYTE_ARRAY()))
        trackers = state(MapStateDescriptor(_TRACKERS, Types.STRING(), Types.PICKLED_BYTE_ARRAY()))
        self._trackers = KeyedTrackers(self._plan, PartFormat(kept), waiting, trackers)
        for label in labels_with_state(runtime_context, (_WAITING, _TRACKERS)):
            self._trackers.load(label)
        self._tag = late_tag(self._letters) if self._letters is not None else None
        spare_loaded_objects()

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> list[Any]:
        """Keep rows until the watermark covers them; late ones leave at once, those too late as dead letters."""
        found: list[Any] = []
        data, label, now = bytes(value), ctx.get_current_key(), ctx.timer_service().current_watermark()
        times = self._format.numbers(data, self._plan.time)
        is_late = times <= now
        if self._letters is not None:
            bound = max(max(now, self._trackers.answered_until) - self._allowance_ms, LEAST)
            is_refused = times <= bound
        else:
            is_refused = np.zeros(len(times), np.bool_)
        if is_late.any() or is_refused.any():
            rows = self._format.decode(data)
            found += self._refuse(rows.take(np.flatnonzero(is_refused)))
            late = np.flatnonzero(is_late & ~is_refused)
            if len(late):
                found += self._leave(self._trackers.answer_late(label, rows.take(late)))
            left = np.flatnonzero(~(is_late | is_refused))
            if not len(left):
                return found
            data = self._format.encode(rows.take(left))
        timer = self._trackers.arrive(label, self._format.select(data, self._kept))
        if timer is not None:
            ctx.timer_service().register_event_time_timer(timer)
        return found

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Answer the rows of this shard that the watermark covers."""
        rows, timer = self._trackers.answer(ctx.get_current_key(), ctx.timer_service().current_watermark())
        if timer is not None:
            ctx.timer_service().register_event_time_timer(timer)
        return [] if rows is None else self._leave(rows)

    def _leave(self, rows: Block) -> list[Row]:
        if self._follows is not None:
            labels = self._follows.labels
            parts = by_key(rows, self._follows.key, len(labels))
            return [Row(labels[shard], self._out.encode(part)) for shard, part in parts]
        begins = range(0, len(rows), self._most_rows)
        leaving = (rows.part(begin, min(begin + self._most_rows, len(rows))) for begin in begins)
        return [Row(0, self._out.encode(part)) for part in leaving]

    def _refuse(self, rows: Block) -> list[Any]:
        if self._letters is None or self._tag is None or not len(rows):
            return []
        return [(self._tag, Row(*row)) for row in self._letters.rows(self._format.lists(rows))]
