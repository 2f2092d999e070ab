"""Steps around the label join as operators of Flink, in thread mode: Python inside the JVM's process.

Functions return lists: where a generator raises an error, Java waits for its next element for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from pyflink.common import Row, Types
from pyflink.datastream import FlatMapFunction, KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor

from conf.experiments.verdict import VerdictSettings
from state.drift.rows import split_texts
from udfs.columns.packed_texts import bytes_in
from udfs.labels.label_parts import SideOutput, outcome_of, output_columns
from udfs.labels.pairs import outcomes_of_pairs
from udfs.labels.prediction_parts import ID
from udfs.labels.settings import LabelSettings
from udfs.labels.unmatched import unmatched_lines
from udfs.verdicts.shards import by_unit
from udfs.windows.parts import PartFormat, by_key

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext

COUNT_MS = 3_600_000
"""Event time between two counts of an outcome."""


class SplitPredictions(FlatMapFunction):  # type: ignore[misc]
    """A function that takes predictions of batches apart into those of each shard by the id, with the shard's label.

    Args:
        settings: settings of the join.
        labels: label of each shard.
    """

    def __init__(self, settings: LabelSettings, labels: tuple[int, ...]) -> None:
        self._columns, self._labels = settings.predictions.columns, labels

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and part of each shard that has some."""
        packed, shards = PartFormat(self._columns), len(self._labels)
        blocks = (packed.decode(bytes_in(text)) for text in split_texts(value[0]))
        parts = (part for block in blocks for part in by_key(block, ID, shards))
        return [Row(self._labels[shard], packed.encode(rows)) for shard, rows in parts]


class PairOutcomes(FlatMapFunction):  # type: ignore[misc]
    """A function that turns labelled predictions into outcomes of each shard of units, with the shard's label.

    Args:
        settings: settings of the join.
        labels: label of each shard.
        verdicts: settings of the verdict of each experiment.
    """

    def __init__(
        self, settings: LabelSettings, labels: tuple[int, ...], verdicts: Mapping[str, VerdictSettings]
    ) -> None:
        self._columns, self._labels, self._verdicts = settings.columns, labels, verdicts

    def flat_map(self, value: Any) -> list[Row]:
        """Return label and outcomes of each shard that has some; none of rows without a label."""
        block = PartFormat(self._columns).decode(bytes(value[1]))
        if outcome_of(block) == "unlabelled":
            return []
        parts = outcomes_of_pairs(block, self._verdicts)
        return [Row(label, data) for part in parts for label, data in by_unit(part, self._labels)]


class UnmatchedLines(FlatMapFunction):  # type: ignore[misc]
    """A function that turns rows of an output of the join that have no other side into lines, a text a part.

    Args:
        settings: settings of the join.
        side: side output that the rows left by; None: the main one, whose rows with a label are left out.
    """

    def __init__(self, settings: LabelSettings, side: SideOutput | None) -> None:
        self._columns, self._side = output_columns(settings, side), side

    def flat_map(self, value: Any) -> list[str]:
        """Return the lines of a part."""
        packed = PartFormat(self._columns)
        block = packed.decode(bytes(value[1]))
        if self._side is not None:
            return [unmatched_lines(self._side, block, packed)]
        return [unmatched_lines("unlabelled", block, packed)] if outcome_of(block) == "unlabelled" else []


class CountLabels(KeyedProcessFunction):  # type: ignore[misc]
    """A function that sums up the rows of an outcome, its key, and emits a line of JSON for each hour of event time."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Open the state."""
        self._rows = runtime_context.get_state(ValueStateDescriptor("rows", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Iterable[str]:
        """Add a number of rows."""
        self._rows.update((self._rows.value() or 0) + value)
        now = max(ctx.timer_service().current_watermark(), 0)
        ctx.timer_service().register_event_time_timer((now // COUNT_MS + 1) * COUNT_MS)
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[str]:
        """Emit the rows since the last time, where there were some."""
        rows = self._rows.value()
        if not rows:
            return []
        self._rows.clear()
        return [orjson.dumps({"outcome": ctx.get_current_key(), "rows": rows, "until": timestamp}).decode()]
