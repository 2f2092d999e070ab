"""Learning as operators of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from pyflink.common import Row, Types
from pyflink.datastream import FlatMapFunction, KeyedProcessFunction, TimeDomain
from pyflink.datastream.state import MapStateDescriptor

from state.drift.rows import split_texts
from state.training.samples import Samples
from state.training.shard import EndedSlot, LearningShard, Pace, Student
from udfs.columns.packed_texts import bytes_in
from udfs.garbage import spare_loaded_objects
from udfs.labels.label_parts import outcome_of
from udfs.labels.settings import LabelSettings
from udfs.learning.publisher import Publish
from udfs.learning.sample_bytes import samples_of_pairs
from udfs.learning.shards import by_shard
from udfs.windows.parts import PartFormat
from udfs.windows.stage import labels_with_state

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext, TimerService

_STATE, _PENDING, _PUBLISHED = "learning", "pending", "published"
_RETRY_MS = 10_000


class SplitSamples(FlatMapFunction):  # type: ignore[misc]
    """A function that takes samples of batches apart into those of each shard, with the shard's label.

    Args:
        labels: label of each shard; one where all rows have one model.
    """

    def __init__(self, labels: tuple[int, ...]) -> None:
        self._labels = labels

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and samples of each shard that has some."""
        parts = (Samples.from_bytes(bytes_in(text)) for text in split_texts(value[0]))
        return [Row(label, data) for part in parts for label, data in by_shard(part, self._labels)]


class PairSamples(FlatMapFunction):  # type: ignore[misc]
    """A function that turns labelled predictions into samples of each shard, with the shard's label.

    Args:
        settings: settings of the join.
        labels: label of each shard.
        negative_weight: weight of rows that got their label as none came.
    """

    def __init__(self, settings: LabelSettings, labels: tuple[int, ...], negative_weight: float) -> None:
        self._columns, self._labels, self._negative_weight = settings.columns, labels, negative_weight

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and samples of each shard that has some; none of rows without a label."""
        block = PartFormat(self._columns).decode(bytes(value[1]))
        if outcome_of(block) == "unlabelled":
            return []
        samples = samples_of_pairs(block, self._negative_weight)
        return [Row(label, data) for label, data in by_shard(samples, self._labels)]


class LearnStage(KeyedProcessFunction):  # type: ignore[misc]
    """A stage that learns the samples of its shards, publishes versions, and emits a line of JSON for each slot.

    A version that cannot be published is tried again until it can, or a newer one takes its place.

    Args:
        pace: when shards learn.
        make: function that makes what learns the samples of a shard.
        publish: function that publishes what slots leave.
    """

    def __init__(self, pace: Pace, make: Callable[[], Student], publish: Publish) -> None:
        self._pace, self._make, self._publish = pace, make, publish

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the state of all shards of this task."""
        kept = MapStateDescriptor(_STATE, Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._state = runtime_context.get_map_state(kept)
        self._shards: dict[int, LearningShard] = {}
        for label in labels_with_state(runtime_context, (_STATE,)):
            self._shards[label] = LearningShard(self._pace, self._make(), self._state.items())
        spare_loaded_objects()

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> Sequence[str]:
        """Keep samples until their outcome is known."""
        shard = self._shard(ctx.get_current_key())
        shard.add(self._state, Samples.from_bytes(bytes(value)))
        self._set_timer(shard, ctx)
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[str]:
        """Learn what is known by the watermark; or try again to publish what could not be."""
        label, timers = ctx.get_current_key(), ctx.timer_service()
        if ctx.time_domain() == TimeDomain.PROCESSING_TIME:
            pending = self._state.get(_PENDING)
            return [] if pending is None else [self._line(EndedSlot.from_bytes(bytes(pending)), timers)]
        shard = self._shard(label)
        lines = [self._line(slot, timers) for slot in shard.advance(self._state, timers.current_watermark())]
        self._set_timer(shard, ctx)
        return lines

    def _line(self, slot: EndedSlot, timers: TimerService) -> str:
        """Publish what a slot leaves, and return what is told of it."""
        if slot.version is None:
            return orjson.dumps(slot.report).decode()
        known = self._state.get(_PUBLISHED)
        published = self._publish(slot, orjson.loads(bytes(known)) if known is not None else {})
        self._state.put(_PUBLISHED, orjson.dumps(published.known))
        if not published.is_pending:
            self._state.remove(_PENDING)
        else:
            self._state.put(_PENDING, slot.to_bytes())
            timers.register_processing_time_timer(timers.current_processing_time() + _RETRY_MS)
        return orjson.dumps({**slot.report, **published.told}).decode()

    def _shard(self, label: int) -> LearningShard:
        found = self._shards.get(label)
        if found is None:
            found = self._shards[label] = LearningShard(self._pace, self._make())
        return found

    def _set_timer(self, shard: LearningShard, ctx: KeyedProcessFunction.Context) -> None:
        due = shard.due_at
        if due is not None:
            ctx.timer_service().register_event_time_timer(due)
