"""The label join as an operator of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pyflink.common import Row, Types
from pyflink.datastream import KeyedCoProcessFunction, OutputTag
from pyflink.datastream.state import MapStateDescriptor

from udfs.garbage import spare_loaded_objects
from udfs.labels.keyed_labels import KeyedLabels, Side
from udfs.labels.label_parts import OUTCOMES, SIDE_OUTPUTS, Left, SideOutput
from udfs.labels.settings import LabelSettings
from udfs.metrics.labels import LabelRecorder
from udfs.windows.code import check_code, code_digest
from udfs.windows.part_stage import labels_with_state

if TYPE_CHECKING:
    from pyflink.common.typeinfo import TypeInformation
    from pyflink.datastream import RuntimeContext

_PACKAGES = ("state.labels", "state.sliding", "udfs.labels", "udfs.windows")
# Read when this module is: the files of an ended job are gone.
_CODE = code_digest(_PACKAGES)
_PIECES = "pieces"

StageOutput: TypeAlias = "SideOutput | Literal['counts']"
"""A side output of rows, or that of ``(outcome, number of rows)``, whatever output these leave by."""


class LabelStage(KeyedCoProcessFunction):  # type: ignore[misc]
    """A stage that joins predictions, its first input, with labels, its second.

    The elements of both are parts, and the key is the label of their shard by the id. Its main output and its side
    outputs are ``(label, part)`` with the shard's label. Flink's counters ``labels.matched`` and so on tell the rows by
    outcome.

    Args:
        settings: settings of the join.
        sides: side outputs that the job reads; rows of the others are counted only.
        recorder: recorder of the rows by outcome, in metrics of the job; None: they are not wanted.
    """

    def __init__(
        self,
        settings: LabelSettings,
        sides: tuple[StageOutput, ...] = SIDE_OUTPUTS,
        recorder: LabelRecorder | None = None,
    ) -> None:
        self._settings, self._sides, self._recorder, self._code = settings, sides, recorder, _CODE

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the state of all shards of this task."""
        check_code("labels", self._code, _CODE)
        pieces = MapStateDescriptor(_PIECES, Types.LONG(), Types.PICKLED_BYTE_ARRAY())
        self._labels = KeyedLabels(self._settings, runtime_context.get_map_state(pieces))
        for label in labels_with_state(runtime_context, (_PIECES,)):
            self._labels.load(label)
        self._tags = {name: side_output(name) for name in self._sides}
        group = runtime_context.get_metrics_group().add_group("labels")
        self._counters = {name: group.counter(name) for name in OUTCOMES}
        if self._recorder is not None:
            self._recorder.open()
        spare_loaded_objects()

    def close(self) -> None:
        """Write the remaining counts."""
        if self._recorder is not None:
            self._recorder.close()

    def process_element1(self, value: bytes, ctx: KeyedCoProcessFunction.Context) -> list[Any]:
        """Take predictions."""
        return self._arrive("predictions", value, ctx)

    def process_element2(self, value: bytes, ctx: KeyedCoProcessFunction.Context) -> list[Any]:
        """Take labels."""
        return self._arrive("labels", value, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> list[Any]:
        """Judge the rows of this shard by the watermark."""
        label, timers = ctx.get_current_key(), ctx.timer_service()
        found = self._leave(label, self._labels.advance(label, timers.current_watermark()))
        self._set_timer(label, timers)
        return found

    def _arrive(self, side: Side, value: bytes, ctx: KeyedCoProcessFunction.Context) -> list[Any]:
        label = ctx.get_current_key()
        found = self._leave(label, self._labels.arrive(label, side, bytes(value)))
        self._set_timer(label, ctx.timer_service())
        return found

    def _leave(self, label: int, parts: Iterable[Left]) -> list[Any]:
        found: list[Any] = []
        for left in parts:
            self._counters[left.outcome].inc(left.rows)
            if self._recorder is not None:
                self._recorder.left(left.outcome, left.rows)
            if "counts" in self._tags:
                found.append((self._tags["counts"], Row(left.outcome, left.rows)))
            if left.output is None:
                found.append(Row(label, left.part))
            elif left.output in self._tags:
                found.append((self._tags[left.output], Row(label, left.part)))
        return found

    def _set_timer(self, label: int, timers: Any) -> None:
        timer = self._labels.timer(label)
        if timer is not None:
            timers.register_event_time_timer(timer)


def part_type() -> TypeInformation:
    """Return the type of ``(label, part)``."""
    return Types.ROW([Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE())])


def side_output(name: StageOutput) -> OutputTag:
    """Return the tag of a side output."""
    kind = Types.ROW([Types.STRING(), Types.LONG()]) if name == "counts" else part_type()
    return OutputTag(f"labels-{name}", kind)
