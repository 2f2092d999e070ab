"""Keyed functions of Flink's DataStream API: thin adapters over what this package does without the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from conf.drift import DriftSettings
from state.drift.rows import SampledRows
from state.drift.windows import DriftWindows

_END_OF_INPUT_MS = 2**63 - 2


class MergeDrift(KeyedProcessFunction):
    """Counts sampled rows of all tasks by window, and writes a line of JSON for each window that is complete.

    Args:
        settings: how windows are made and judged.
        listen: hears each record, in the worker.
    """

    def __init__(self, settings: DriftSettings, listen: Callable[[dict[str, Any]], None]) -> None:
        self._settings = settings
        self._listen = listen

    def open(self, runtime_context: RuntimeContext) -> None:
        """Find the state."""
        kept = MapStateDescriptor("windows", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        self._windows = DriftWindows(self._settings, runtime_context.get_map_state(kept))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        """Judge the windows that are complete, and count the rows of a batch."""
        timers = ctx.timer_service()
        # Only the last watermark of input that ends comes so late.
        timers.register_event_time_timer(_END_OF_INPUT_MS)
        yield from self._lines(self._windows.advance(timers.current_watermark()))
        yield from self._lines(self._windows.add(SampledRows.from_text(value[0])))

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        """Judge what is left at the end of input."""
        yield from self._lines(self._windows.finish())

    def _lines(self, records: Iterable[dict[str, Any]]) -> Iterator[str]:
        for record in records:
            self._listen(record)
            yield orjson.dumps(record).decode()
