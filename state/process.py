"""Keyed functions of Flink's DataStream API: thin adapters over what this package does without the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from conf.drift import DriftSettings
from state.drift.monitor import DriftMonitor
from state.drift.rows import SampledRows, split_texts

_END_OF_INPUT_MS = 2**63 - 2


class MergeDrift(KeyedProcessFunction):
    """A function that takes the sampled rows of all tasks and emits a JSON line for each complete window or change.

    Args:
        settings: settings of windows and detectors.
        listen: function that is called with each record, in the worker.
    """

    def __init__(self, settings: DriftSettings, listen: Callable[[dict[str, Any]], None]) -> None:
        self._settings = settings
        self._listen = listen

    def open(self, runtime_context: RuntimeContext) -> None:
        """Open the state."""
        kept = MapStateDescriptor("windows", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._monitor = DriftMonitor(self._settings, runtime_context.get_map_state(kept))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> list[str]:
        """Judge the complete windows, and count the rows of a batch."""
        timers = ctx.timer_service()
        # Only the last watermark of an ending input is this late.
        timers.register_event_time_timer(_END_OF_INPUT_MS)
        found = self._lines(self._monitor.advance(timers.current_watermark()))
        for text in split_texts(value[0]):
            found += self._lines(self._monitor.add(SampledRows.from_text(text)))
        return found

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> list[str]:
        """Judge the remaining windows at the end of the input."""
        return self._lines(self._monitor.finish())

    def _lines(self, records: Iterable[dict[str, Any]]) -> list[str]:
        found = []
        for record in records:
            self._listen(record)
            found.append(orjson.dumps(record).decode())
        return found
