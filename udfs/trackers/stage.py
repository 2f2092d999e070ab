"""The tracker stage as an operator of Flink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyflink.common import Row, Types

from state.sliding.codes import LEAST
from state.trackers.plan import TrackerPlan
from udfs.trackers.keyed_trackers import KeyedTrackers
from udfs.windows.code import code_digest
from udfs.windows.part_stage import PartStage
from udfs.windows.parts import Block, PartFormat

if TYPE_CHECKING:
    from pyflink.datastream import KeyedProcessFunction

_PACKAGES = ("state.learning", "state.sliding", "state.trackers", "udfs.trackers", "udfs.windows")


class TrackerStage(PartStage[TrackerPlan]):
    """A stage that adds the answers of one key's trackers to packed rows."""

    WHAT = "trackers"
    CODE = code_digest(_PACKAGES)
    STATES = (("waiting", Types.LONG()), ("trackers", Types.STRING()))

    @property
    def answers(self) -> tuple[str, ...]:
        """Columns of all answers."""
        plan: TrackerPlan = self._plan
        return plan.outputs

    def start(self, kept: PartFormat, states: Sequence[Any]) -> KeyedTrackers:
        """Return the trackers of all shards of this task, of no key yet."""
        waiting, trackers = states
        return KeyedTrackers(self._plan, kept, waiting, trackers)

    def restored(self) -> None:
        """Do nothing: a key's trackers are read when a row of it comes."""

    def judged_until(self, watermark: int) -> int:
        """Return the latest watermark that a row was answered at; an earlier stage has judged where none is here."""
        answered: int = self._rows.answered_until
        return LEAST if self._letters is None else max(watermark, answered)

    def answer_late(self, label: int, rows: Block, watermark: int) -> Block:
        """Answer rows that the watermark covers already."""
        del watermark
        answered: Block = self._rows.answer_late(label, rows)
        return answered

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Answer the rows of this shard that the watermark covers."""
        rows, timer = self._rows.answer(ctx.get_current_key(), ctx.timer_service().current_watermark())
        self.set_timer(ctx, timer)
        return [] if rows is None else self.leave(rows)
