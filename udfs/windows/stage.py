"""The keyed stage as an operator of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag
from pyflink.datastream.state import MapStateDescriptor

from state.sliding.codes import LEAST
from state.sliding.plan import SlidingPlan
from state.sql import SqlColumns
from udfs.garbage import spare_loaded_objects
from udfs.windows.code import check_code, code_digest
from udfs.windows.keyed_windows import MOST_ROWS, KeyedWindows
from udfs.windows.late_rows import LateLetters
from udfs.windows.pack_lines import LABEL_BYTES
from udfs.windows.parts import Block, PartFormat, by_key

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext

# Read when this module is: the files of an ended job are gone.
_CODE = code_digest()
_WAITING, _LOG = "waiting", "log"
_TYPES = {
    "BIGINT": Types.LONG(),
    "INT": Types.INT(),
    "DOUBLE": Types.DOUBLE(),
    "STRING": Types.STRING(),
    "BYTES": Types.PRIMITIVE_ARRAY(Types.BYTE()),
}


@dataclass(frozen=True)
class NextKey:
    """The next key field, and the label of each of its shards."""

    key: str
    labels: tuple[int, ...]


class WindowStage(KeyedProcessFunction):  # type: ignore[misc]
    """A stage that adds the windows of one key to packed rows.

    Its elements are parts, and the key is the label of their shard. Its outputs are ``(label, part)`` by the shards of
    the next key, with label 0 where no stage follows.

    Args:
        plan: the windows.
        columns: columns of the parts that come.
        kept: names of those that stay; others end when a row is judged.
        follows: the next stage; None: this is the last.
        letters: writer of late rows; None: rows were judged before, and a late one is an error.
        most_rows: most rows of a part that leaves.
        allowance_ms: how far behind the watermark a row may be.
    """

    def __init__(
        self,
        plan: SlidingPlan,
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
        """Read the state of all shards of this task."""
        check_code("windows", self._code, _CODE)
        kinds = dict(self._columns)
        self._format = PartFormat(self._columns)
        self._out = PartFormat(
            (*((name, kinds[name]) for name in self._kept), *((spec.name, "DOUBLE") for spec in self._plan.specs))
        )
        bytes_by_number = (Types.LONG(), Types.PICKLED_BYTE_ARRAY())
        waiting = runtime_context.get_map_state(MapStateDescriptor(_WAITING, *bytes_by_number))
        log = runtime_context.get_map_state(MapStateDescriptor(_LOG, *bytes_by_number))
        kept_format = PartFormat(tuple((name, kinds[name]) for name in self._kept))
        self._windows = KeyedWindows(
            self._plan, kept_format, waiting, log, most_rows=self._most_rows, allowance_ms=self._allowance_ms
        )
        self._answered_at: int | None = None
        self._tag = late_tag(self._letters) if self._letters is not None else None
        for label in labels_with_state(runtime_context):
            self._windows.load(label)
        self._windows.restore()
        self._least = self._windows.restored_until if self._letters is not None else LEAST
        spare_loaded_objects()

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> list[Any]:
        """Keep rows until the watermark covers them; late ones leave at once, those too late as dead letters."""
        found: list[Any] = []
        data, label, now = bytes(value), ctx.get_current_key(), ctx.timer_service().current_watermark()
        times = self._format.numbers(data, self._plan.time)
        bound = max(max(now, self._windows.answered_until, self._least) - self._allowance_ms, LEAST)
        if int(times.min()) <= max(bound, now):
            rows = self._format.decode(data)
            is_refused, is_late = times <= bound, times <= now
            if is_refused.any():
                found += self._refuse(rows, is_refused, bound)
            late = np.flatnonzero(is_late & ~is_refused)
            if len(late):
                found += self._leave(self._windows.answer_late(label, rows.take(late), now))
            left = np.flatnonzero(~(is_late | is_refused))
            if not len(left):
                return found
            data = self._format.encode(rows.take(left))
        timer = self._windows.arrive(label, self._format.select(data, self._kept))
        if timer is not None:
            ctx.timer_service().register_event_time_timer(timer)
        return found

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Answer all rows that the watermark covers, once a watermark, and save those of this shard."""
        found, watermark = [], ctx.timer_service().current_watermark()
        if self._answered_at != watermark:
            self._answered_at = watermark
            for rows in self._windows.answer(watermark):
                found += self._leave(rows)
        timer = self._windows.save(ctx.get_current_key())
        if timer is not None:
            ctx.timer_service().register_event_time_timer(timer)
        return found

    def _leave(self, rows: Block) -> list[Row]:
        if self._follows is None:
            return [Row(0, self._out.encode(rows))]
        labels = self._follows.labels
        parts = by_key(rows, self._follows.key, len(labels))
        return [Row(labels[shard], self._out.encode(part)) for shard, part in parts]

    def _refuse(self, rows: Block, is_late: Any, bound: int) -> list[Any]:
        late = rows.take(np.flatnonzero(is_late))
        if self._letters is None or self._tag is None:
            msg = (
                f"windows of key {self._plan.key!r}: expected rows later than {bound}, got {len(late)} at or "
                "before it; an earlier stage let them pass"
            )
            raise RuntimeError(msg)
        return [(self._tag, Row(*row)) for row in self._letters.rows(self._format.lists(late))]


def late_tag(letters: LateLetters) -> OutputTag:
    """Return the side output of late rows."""
    names, kinds = zip(*letters.columns, strict=True)
    return OutputTag("late", Types.ROW_NAMED(list(names), [_TYPES[kind] for kind in kinds]))


def labelled(row: Row) -> Row:
    """Return a packed part as ``(label, part)``."""
    data = bytes(row[0])
    return Row(int.from_bytes(data[:LABEL_BYTES], "little", signed=True), data[LABEL_BYTES:])


def labels_with_state(runtime_context: RuntimeContext, states: tuple[str, ...] = (_WAITING, _LOG)) -> Iterator[int]:
    """Yield the labels of this task's shards that have one of these states, each the current key while it is used.

    PyFlink's functions can only reach the state of the current key, so ask Flink's state backend, which the context
    of thread mode holds.
    """
    holder = getattr(runtime_context, "_keyed_state_backend", None)
    backend = getattr(holder, "_keyed_state_backend", None)
    if backend is None:
        msg = "windows: expected Python inside the JVM's process, got a worker process; set execution.windows: sql"
        raise RuntimeError(msg)
    from pyflink.fn_execution.embedded.state_impl import JVoidNamespace_INSTANCE

    seen = set()
    for name in states:
        keys = backend.getKeys(name, JVoidNamespace_INSTANCE).iterator()
        while keys.hasNext():
            key = keys.next()
            label = key.getField(0) if hasattr(key, "getField") else key[0]
            if label not in seen:
                seen.add(label)
                backend.setCurrentKey(key)
                yield label
