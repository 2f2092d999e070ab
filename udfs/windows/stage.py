"""The window stage as an operator of Flink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyflink.common import Row, Types

from state.sliding.codes import LEAST
from state.sliding.plan import SlidingPlan
from udfs.windows.code import code_digest
from udfs.windows.keyed_windows import KeyedWindows
from udfs.windows.pack_lines import LABEL_BYTES
from udfs.windows.part_stage import PartStage
from udfs.windows.parts import Block, PartFormat

if TYPE_CHECKING:
    from pyflink.datastream import KeyedProcessFunction


class WindowStage(PartStage[SlidingPlan]):
    """A stage that adds the windows of one key to packed rows."""

    WHAT = "windows"
    CODE = code_digest()
    STATES = (("waiting", Types.LONG()), ("log", Types.LONG()))

    @property
    def answers(self) -> tuple[str, ...]:
        """Names of the windows."""
        return tuple(spec.name for spec in self._plan.specs)

    def start(self, kept: PartFormat, states: Sequence[Any]) -> KeyedWindows:
        """Return the windows of all shards of this task, empty."""
        self._answered_at: int | None = None
        waiting, log = states
        return KeyedWindows(self._plan, kept, waiting, log, most_rows=self._most_rows, allowance_ms=self._allowance_ms)

    def restored(self) -> None:
        """Build the windows from the rows that were read."""
        self._rows.restore()
        self._least = self._rows.restored_until if self._letters is not None else LEAST

    def judged_until(self, watermark: int) -> int:
        """Return the latest watermark that a row was answered or judged at, before a restore, too."""
        answered: int = self._rows.answered_until
        return max(watermark, answered, self._least)

    def answer_late(self, label: int, rows: Block, watermark: int) -> Block:
        """Answer rows that the watermark covers already."""
        answered: Block = self._rows.answer_late(label, rows, watermark)
        return answered

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Answer all rows that the watermark covers, once a watermark, and save those of this shard."""
        found, watermark = [], ctx.timer_service().current_watermark()
        if self._answered_at != watermark:
            self._answered_at = watermark
            for rows in self._rows.answer(watermark):
                found += self.leave(rows)
        self.set_timer(ctx, self._rows.save(ctx.get_current_key()))
        return found


def labelled(row: Row) -> Row:
    """Return a packed part as ``(label, part)``."""
    data = bytes(row[0])
    return Row(int.from_bytes(data[:LABEL_BYTES], "little", signed=True), data[LABEL_BYTES:])
