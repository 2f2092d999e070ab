"""The keyed steps of verdicts as operators of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from pyflink.common import Row, Types
from pyflink.datastream import FlatMapFunction, KeyedProcessFunction
from pyflink.datastream.state import MapStateDescriptor

from state.drift.rows import split_texts
from state.verdicts.judged import Judged
from state.verdicts.judging.judge import Judge
from state.verdicts.judging.trial import Trial
from state.verdicts.look_sums import LookSums
from state.verdicts.outcomes import Outcomes
from state.verdicts.shards import Shards
from udfs.columns.packed_texts import bytes_in
from udfs.metrics.verdicts import VerdictRecorder
from udfs.verdicts.actions import Act
from udfs.verdicts.shards import by_unit
from udfs.windows.part_stage import labels_with_state

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext


class SplitOutcomes(FlatMapFunction):  # type: ignore[misc]
    """A function that takes outcomes of batches apart into those of each shard, with the shard's label.

    Args:
        labels: label of each shard.
    """

    def __init__(self, labels: tuple[int, ...]) -> None:
        self._labels = labels

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and outcomes of each shard that has some."""
        parts = (Outcomes.from_bytes(bytes_in(text)) for text in split_texts(value[0]))
        return [Row(label, outcomes) for part in parts for label, outcomes in by_unit(part, self._labels)]


class CountUnits(KeyedProcessFunction):  # type: ignore[misc]
    """A function that counts the units of each shard, and emits their sums at each look.

    Args:
        experiments: those that are judged, by name.
    """

    def __init__(self, experiments: Mapping[str, Judged]) -> None:
        self._experiments = experiments

    def open(self, runtime_context: RuntimeContext) -> None:
        """Read the state of all shards of this task."""
        kept = MapStateDescriptor("units", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._shards = Shards(self._experiments, runtime_context.get_map_state(kept))
        for label in labels_with_state(runtime_context, ("units",)):
            self._shards.load(label)

    def process_element(self, value: bytes, ctx: KeyedProcessFunction.Context) -> Iterable[Row]:
        """Keep outcomes until their look."""
        timers = ctx.timer_service()
        timer = self._shards.arrive(ctx.get_current_key(), bytes(value), timers.current_watermark())
        if timer is not None:
            timers.register_event_time_timer(timer)
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[Row]:
        """Count the rows that the look covers, and emit the sums."""
        label = ctx.get_current_key()
        found = [Row(name, label, timestamp, sums) for name, sums in self._shards.look(label, timestamp)]
        timer = self._shards.next_timer(label, timestamp)
        if timer is not None:
            ctx.timer_service().register_event_time_timer(timer)
        return found


class JudgeExperiments(KeyedProcessFunction):  # type: ignore[misc]
    """A function that takes the sums of all shards of an experiment, its key, and emits a record for each look.

    Args:
        trials: the experiments by name.
        act: for each experiment the function that acts on a record and returns a note on its action.
        recorder: recorder of the looks, in metrics of the job; None: they are not wanted.
    """

    def __init__(
        self, trials: Mapping[str, Trial], act: Mapping[str, Act], recorder: VerdictRecorder | None = None
    ) -> None:
        self._trials = trials
        self._act = act
        self._recorder = recorder

    def open(self, runtime_context: RuntimeContext) -> None:
        """Open the state."""
        sums = MapStateDescriptor("sums", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        judge = MapStateDescriptor("judge", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._state = runtime_context.get_map_state(judge)
        self._sums = LookSums(runtime_context.get_map_state(sums))
        self._judges: dict[str, Judge] = {}

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterable[str]:
        """Keep the sums of a shard; the look follows when all shards have sent theirs."""
        name, label, at_ms, sums = value
        if name in self._trials:
            self._sums.add(name, label, at_ms, bytes(sums))
            # After a restore, rows of a shard may be late for a look that others have passed.
            ctx.timer_service().register_event_time_timer(max(at_ms, self._judge(name).looked_at))
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[str]:
        """Judge the experiment."""
        name = ctx.get_current_key()
        if name not in self._trials:
            return []
        judge, found = self._judge(name), []
        for record in judge.look(self._sums.at(name, timestamp), timestamp):
            if self._recorder is not None:
                self._recorder.looked(record)
            done = self._act[name](record) if name in self._act else {}
            found.append(orjson.dumps({**record, "done": done} if done else record).decode())
        self._state.put(name, judge.to_bytes())
        return found

    def close(self) -> None:
        """Show nothing of the job any more."""
        if self._recorder is not None:
            self._recorder.close()

    def _judge(self, name: str) -> Judge:
        found = self._judges.get(name)
        if found is None:
            found = self._judges[name] = Judge(self._trials[name])
            saved = self._state.get(name)
            if saved is not None:
                found.restore(bytes(saved))
        return found
