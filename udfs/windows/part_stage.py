"""Base of keyed stages on packed rows, as operators of Flink in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from pyflink.common import Row, Types
from pyflink.common.typeinfo import TypeInformation
from pyflink.datastream import KeyedProcessFunction, OutputTag
from pyflink.datastream.state import MapStateDescriptor

from state.sliding.codes import LEAST
from state.sql import SqlColumns
from udfs.garbage import spare_loaded_objects
from udfs.windows.code import check_code
from udfs.windows.keyed_windows import MOST_ROWS
from udfs.windows.late_rows import LateLetters
from udfs.windows.parts import Block, PartFormat, by_key

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext

    from state.sliding.plan import SlidingPlan
    from state.trackers.plan import TrackerPlan

_TYPES = {
    "BIGINT": Types.LONG(),
    "INT": Types.INT(),
    "DOUBLE": Types.DOUBLE(),
    "STRING": Types.STRING(),
    "BYTES": Types.PRIMITIVE_ARRAY(Types.BYTE()),
}
Plan = TypeVar("Plan", bound="SlidingPlan | TrackerPlan")


@dataclass(frozen=True)
class NextKey:
    """The next key field, and the label of each of its shards."""

    key: str
    labels: tuple[int, ...]


class PartStage(KeyedProcessFunction, Generic[Plan]):  # type: ignore[misc]
    """A stage that adds answers of one key to packed rows, each when the watermark covers it.

    Its elements are parts, and the key is the label of their shard. Its outputs are ``(label, part)`` by the shards of
    the next key, with label 0 where no stage follows.

    Args:
        plan: windows that are answered.
        columns: columns of the parts that come.
        kept: names of those that stay; others end when a row is judged.
        follows: the next stage; None: this is the last.
        letters: writer of late rows; None: rows were judged before, and one that is too late is an error.
        most_rows: most rows of a part that leaves.
        allowance_ms: how far behind the watermark a row may be.
    """

    WHAT: ClassVar[str]
    """The stage's name in errors."""
    CODE: ClassVar[str]
    """Digest of the code of this process; read on import, as the files of an ended job are gone."""
    STATES: ClassVar[tuple[tuple[str, TypeInformation], ...]]
    """Name and type of key of each map in Flink's state."""

    def __init__(
        self,
        plan: Plan,
        columns: SqlColumns,
        *,
        kept: tuple[str, ...],
        follows: NextKey | None,
        letters: LateLetters | None,
        most_rows: int = MOST_ROWS,
        allowance_ms: int = 0,
    ) -> None:
        self._most_rows, self._allowance_ms, self._code = most_rows, allowance_ms, self.CODE
        self._plan: Plan = plan
        self._columns, self._kept = columns, kept
        self._follows, self._letters = follows, letters

    @abstractmethod
    def start(self, kept: PartFormat, states: Sequence[Any]) -> Any:
        """Return what keeps the rows, with its ``load`` and ``arrive``."""

    @abstractmethod
    def restored(self) -> None:
        """Go on from the state that is read."""

    @abstractmethod
    def judged_until(self, watermark: int) -> int:
        """Return the time up to which a row is too late, except for the allowance; ``LEAST``: none is."""

    @abstractmethod
    def answer_late(self, label: int, rows: Block, watermark: int) -> Block:
        """Answer rows that the watermark covers already."""

    @property
    @abstractmethod
    def answers(self) -> tuple[str, ...]:
        """Names of the columns that are added."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the state of all shards of this task."""
        check_code(self.WHAT, self._code, self.CODE)
        kinds = dict(self._columns)
        kept: SqlColumns = tuple((name, kinds[name]) for name in self._kept)
        self._format: PartFormat = PartFormat(self._columns)
        self._out = PartFormat((*kept, *((name, "DOUBLE") for name in self.answers)))
        self._tag = late_tag(self._letters) if self._letters is not None else None
        maps = (MapStateDescriptor(name, kind, Types.PICKLED_BYTE_ARRAY()) for name, kind in self.STATES)
        self._rows = self.start(PartFormat(kept), [runtime_context.get_map_state(each) for each in maps])
        for label in labels_with_state(runtime_context, tuple(name for name, _ in self.STATES)):
            self._rows.load(label)
        self.restored()
        spare_loaded_objects()

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> list[Any]:
        """Keep rows until the watermark covers them; late ones leave at once, those too late as dead letters."""
        found: list[Any] = []
        data, label, now = bytes(value), ctx.get_current_key(), ctx.timer_service().current_watermark()
        times = self._format.numbers(data, self._plan.time)
        bound = max(self.judged_until(now) - self._allowance_ms, LEAST)
        if int(times.min()) <= max(bound, now):
            rows = self._format.decode(data)
            is_refused, is_late = times <= bound, times <= now
            if is_refused.any():
                found += self._refuse(rows.take(np.flatnonzero(is_refused)), bound)
            late = np.flatnonzero(is_late & ~is_refused)
            if len(late):
                found += self.leave(self.answer_late(label, rows.take(late), now))
            left = np.flatnonzero(~(is_late | is_refused))
            if not len(left):
                return found
            data = self._format.encode(rows.take(left))
        self.set_timer(ctx, self._rows.arrive(label, self._format.select(data, self._kept)))
        return found

    def set_timer(self, ctx: KeyedProcessFunction.Context, time: int | None) -> None:
        """Have Flink call when the watermark comes to a time; None: no timer is needed."""
        if time is not None:
            ctx.timer_service().register_event_time_timer(time)

    def leave(self, rows: Block) -> list[Row]:
        """Return answered rows as elements for what follows."""
        if self._follows is not None:
            labels = self._follows.labels
            parts = by_key(rows, self._follows.key, len(labels))
            return [Row(labels[shard], self._out.encode(part)) for shard, part in parts]
        begins = range(0, len(rows), self._most_rows)
        leaving = (rows.part(begin, min(begin + self._most_rows, len(rows))) for begin in begins)
        return [Row(0, self._out.encode(part)) for part in leaving]

    def _refuse(self, late: Block, bound: int) -> list[Any]:
        if self._letters is None or self._tag is None:
            msg = (
                f"{self.WHAT} of key {self._plan.key!r}: expected rows later than {bound}, got {len(late)} at or "
                "before it; an earlier stage let them pass"
            )
            raise RuntimeError(msg)
        return [(self._tag, Row(*row)) for row in self._letters.rows(self._format.lists(late))]


def late_tag(letters: LateLetters) -> OutputTag:
    """Return the side output of late rows."""
    names, kinds = zip(*letters.columns, strict=True)
    return OutputTag("late", Types.ROW_NAMED(list(names), [_TYPES[kind] for kind in kinds]))


def labels_with_state(runtime_context: RuntimeContext, states: tuple[str, ...]) -> Iterator[int]:
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
