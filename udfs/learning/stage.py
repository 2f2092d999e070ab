"""Learning as operators of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from pyflink.common import Row, Types
from pyflink.datastream import FlatMapFunction, KeyedProcessFunction, TimeDomain
from pyflink.datastream.state import MapStateDescriptor

from state.drift.rows import split_texts
from state.training.gathered import Combine, GatheredSlot, GatheredSlots
from state.training.samples import Samples
from state.training.shard import LearningShard, Pace, Student
from udfs.columns.packed_texts import bytes_in
from udfs.garbage import spare_loaded_objects
from udfs.labels.label_parts import outcome_of
from udfs.labels.settings import LabelSettings
from udfs.learning.publisher import Publish
from udfs.learning.sample_bytes import samples_of_pairs
from udfs.learning.shards import by_shard
from udfs.metrics.learning import LearningRecorder
from udfs.windows.code import check_code, code_digest
from udfs.windows.part_stage import labels_with_state
from udfs.windows.parts import PartFormat

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext, TimerService

_LEARNING, _PUBLISHING = "learning", "publishing"
_RETRY_MS = 10_000
_PACKAGES = ("models.learned", "state.learners", "state.learning", "state.training", "udfs.learning")
# Read when this module is: the files of an ended job are gone.
_CODE = code_digest(_PACKAGES)


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
        late_share: share of positives whose label comes too late.
        is_keyed: whether samples have keys.
    """

    def __init__(
        self, settings: LabelSettings, labels: tuple[int, ...], late_share: float, *, is_keyed: bool = False
    ) -> None:
        self._columns, self._labels, self._late_share = settings.columns, labels, late_share
        self._is_keyed = is_keyed

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and samples of each shard that has some; none of rows without a label."""
        block = PartFormat(self._columns).decode(bytes(value[1]))
        if outcome_of(block) == "unlabelled":
            return []
        samples = samples_of_pairs(block, self._late_share, is_keyed=self._is_keyed)
        return [Row(label, data) for label, data in by_shard(samples, self._labels)]


class LearnStage(KeyedProcessFunction):  # type: ignore[misc]
    """A stage that learns the samples of its shards, and emits ``(label, end, what the shard leaves)`` for each slot.

    Args:
        pace: when shards learn.
        make: function that makes what learns the samples of a shard.
        recorder: of updates.
    """

    def __init__(self, pace: Pace, make: Callable[[], Student], recorder: LearningRecorder) -> None:
        self._pace, self._make, self._recorder, self._code = pace, make, recorder, _CODE

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the state of all shards of this task."""
        check_code("learning", self._code, _CODE)
        kept = MapStateDescriptor(_LEARNING, Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._state = runtime_context.get_map_state(kept)
        self._shards: dict[int, LearningShard] = {}
        for label in labels_with_state(runtime_context, (_LEARNING,)):
            self._shards[label] = LearningShard(self._pace, self._make(), self._state.items())
        spare_loaded_objects()

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> Sequence[Row]:
        """Keep samples until their outcome is known."""
        shard = self._shard(ctx.get_current_key())
        shard.add(self._state, Samples.from_bytes(bytes(value)))
        self._set_timer(shard, ctx)
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Learn the samples that the watermark covers."""
        label = ctx.get_current_key()
        shard, start = self._shard(label), time.perf_counter()
        slots = shard.advance(self._state, ctx.timer_service().current_watermark())
        if shard.taken:
            self._recorder.updated(shard.taken, time.perf_counter() - start)
        for _ in range(shard.taken_back):
            self._recorder.failed("update_failed")
        self._set_timer(shard, ctx)
        return [Row(label, slot.end_ms, slot.to_bytes()) for slot in slots]

    def close(self) -> None:
        """Write the remaining counts."""
        self._recorder.close()

    def _shard(self, label: int) -> LearningShard:
        found = self._shards.get(label)
        if found is None:
            found = self._shards[label] = LearningShard(self._pace, self._make())
        return found

    def _set_timer(self, shard: LearningShard, ctx: KeyedProcessFunction.Context) -> None:
        due = shard.due_at
        if due is not None:
            ctx.timer_service().register_event_time_timer(due)


class PublishStage(KeyedProcessFunction):  # type: ignore[misc]
    """A stage that publishes what all shards leave of a slot as one version, and emits a line of JSON for each slot.

    A version that cannot be published is tried again until it can, or a newer one takes its place.

    Args:
        publish: function that publishes what slots leave.
        combine: function that keeps what shards leave for versions.
        recorder: of slots and versions.
    """

    def __init__(self, publish: Publish, combine: Combine, recorder: LearningRecorder) -> None:
        self._publish, self._combine, self._recorder = publish, combine, recorder

    def open(self, runtime_context: RuntimeContext) -> None:
        """Open the state."""
        kept = MapStateDescriptor(_PUBLISHING, Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._slots = GatheredSlots(runtime_context.get_map_state(kept), self._combine)
        # One retry at a time, however many slots fail before it.
        self._retry_ms = 0

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Sequence[str]:
        """Keep a shard's result of a slot; the version follows when all shards have sent theirs."""
        label, end_ms, data = value
        self._slots.add(label, bytes(data))
        ctx.timer_service().register_event_time_timer(end_ms - 1)
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[str]:
        """Publish the slot that is complete; or try again to publish what could not be."""
        timers = ctx.timer_service()
        is_retry = ctx.time_domain() == TimeDomain.PROCESSING_TIME
        slot = self._slots.pending() if is_retry else self._slots.at(timestamp + 1)
        return [] if slot is None else [self._line(slot, timers)]

    def _line(self, slot: GatheredSlot, timers: TimerService) -> str:
        """Publish the result of a slot, and return the sentence about it."""
        start = time.perf_counter()
        published = self._publish(slot, self._slots.known)
        # A slot in which nothing was learnt does not replace one that waits.
        pending = slot if published.is_pending else None if slot.is_new else self._slots.pending()
        self._slots.note(published.known, pending)
        now = timers.current_processing_time()
        if published.is_pending and self._retry_ms <= now:
            self._retry_ms = now + _RETRY_MS
            timers.register_processing_time_timer(self._retry_ms)
        record = {**published.told, **slot.report}
        self._record(record, time.perf_counter() - start)
        return orjson.dumps(record).decode()

    def _record(self, record: Mapping[str, Any], seconds: float) -> None:
        self._recorder.slot(record)
        if "version" in record:
            self._recorder.published(seconds)
        elif "problem" in record:
            self._recorder.failed("publish_failed")

    def close(self) -> None:
        """Write the remaining counts."""
        self._recorder.close()
