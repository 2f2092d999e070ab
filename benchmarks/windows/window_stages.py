"""The windows of the fraud job in one process, without Flink: rows of a batch in, rows with their windows out.

A stage keeps its parts until the watermark, decodes, answers, saves and encodes them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.pipeline.steps import exact_scales
from state.sliding.plan import SlidingPlan, plans_by_key
from state.sql import SqlColumns
from udfs.features.feature_set import compile_feature_set
from udfs.functions.parse_lines import event_columns
from udfs.parsing.lines import JsonLines
from udfs.windows.keyed_windows import KeyedWindows
from udfs.windows.pack_lines import LABEL_BYTES, PackLines
from udfs.windows.parts import Block, PartFormat, by_key

LABELS = tuple(range(32))
BATCH_ROWS = 10_000


@dataclass
class Shards:
    """Chunks of each shard; those of the current one are a store."""

    chunks: dict[int, dict[int, bytes]] = field(default_factory=lambda: {label: {} for label in LABELS})
    current: int = 0

    def get(self, key: int) -> bytes:
        """Return a chunk."""
        return self.chunks[self.current][key]

    def put(self, key: int, value: bytes) -> None:
        """Keep a chunk."""
        self.chunks[self.current][key] = value

    def remove(self, key: int) -> None:
        """Drop a chunk."""
        del self.chunks[self.current][key]

    def clear(self) -> None:
        """Drop all chunks of the shard."""
        self.chunks[self.current].clear()

    def items(self) -> list[tuple[int, bytes]]:
        """Return all chunks with their numbers."""
        return list(self.chunks[self.current].items())


class Stage:
    """A stage of one key.

    Args:
        plan: the windows.
        columns: columns of the parts that come.
        follows: key of the next stage; None: this is the last.
    """

    def __init__(self, plan: SlidingPlan, columns: SqlColumns, follows: str | None) -> None:
        self.columns = (*columns, *((spec.name, "DOUBLE") for spec in plan.specs))
        self._out, self._follows = PartFormat(self.columns), follows
        self._waiting, self._log = Shards(), Shards()
        self._windows = KeyedWindows(plan, PartFormat(columns), self._waiting, self._log)
        self._windows.restore()

    def run(self, parts: Sequence[tuple[int, bytes]], watermark: int) -> list[tuple[int, bytes]]:
        """Return the parts of the next stage that the watermark covers."""
        for label, data in parts:
            self._waiting.current = label
            self._windows.arrive(label, data)
        answered = list(self._windows.answer(watermark))
        for label in LABELS:
            self._waiting.current = self._log.current = label
            self._windows.save(label)
        return [part for block in answered for part in self._leave(block)]

    def _leave(self, block: Block) -> Iterator[tuple[int, bytes]]:
        if self._follows is None:
            yield 0, self._out.encode(block)
            return
        for shard, rows in by_key(block, self._follows, len(LABELS)):
            yield LABELS[shard], self._out.encode(rows)


def windows_only(path: Path) -> float:
    """Return rows per second of CPU through the windows of all keys, on events of a file of JSON Lines."""
    job = load_settings(default_config("fraud-detection"), environ={}).job
    assert job is not None
    plans = plans_of_fraud(job)
    pack = PackLines(job.events, JsonLines(job.events.fields), plans[0].key, LABELS)
    pack.open()
    columns, stages = pack.columns, []
    for plan, follows in zip(plans, [*(plan.key for plan in plans[1:]), None], strict=True):
        stages.append(Stage(plan, columns, follows))
        columns = stages[-1].columns
    seen, seconds = 0, 0.0
    for lines in _batches(path):
        packed = pack.run({"__line": lines})
        parts = [(_label(data), data[LABEL_BYTES:]) for data in packed["__parts"][0]]
        watermark = int(packed["__newest"][0]) - job.events.watermark_delay_ms - 1
        begin = time.process_time()
        for stage in stages:
            parts = stage.run(parts, watermark)
        seconds += time.process_time() - begin
        seen += len(lines)
    return seen / seconds


def plans_of_fraud(job: JobSettings) -> tuple[SlidingPlan, ...]:
    """Return the windows of the fraud job, by key."""
    features = compile_feature_set(job.features, job.events)
    return plans_by_key(
        features.windows, event_columns(job.events), time=job.events.time, scales=exact_scales(job.events)
    )


def _batches(path: Path) -> Iterator[NDArray[np.object_]]:
    with path.open("rb") as file:
        while lines := [line.rstrip(b"\n") for line in islice(file, BATCH_ROWS)]:
            yield np.array(lines, object)


def _label(data: bytes) -> int:
    return int.from_bytes(data[:LABEL_BYTES], "little", signed=True)
