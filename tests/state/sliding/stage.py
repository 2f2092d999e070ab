"""A stand-in for the stage of a job: what it does with the engine and with the state of its shards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from state.sliding.engine import SlidingWindows
from state.sliding.plan import Kind, SlidingPlan
from state.sliding.storage.chunk_log import ChunkLog
from state.sliding.storage.chunks import read_header
from state.sliding.storage.shards import by_shard
from tests.state.sliding.oracle import Row, in_batches, rows_of

SHARDS = 4


class Chunks(dict[int, bytes]):
    """A shard's chunks, with the methods of Flink's MapState that the log needs."""

    rows_written = 0

    def put(self, key: int, value: bytes) -> None:
        assert key not in self
        self[key] = value
        self.rows_written += read_header(value).rows

    def remove(self, key: int) -> None:
        del self[key]

    def get(self, key: int) -> bytes:  # type: ignore[override]
        return self[key]


class Task:
    """A stage with some shards: one engine, and a log of chunks a shard."""

    def __init__(self, plan: SlidingPlan, state: Mapping[int, Chunks], *, allowance_ms: int = 0) -> None:
        self.engine = SlidingWindows(plan)
        self.state = state
        self.logs = {shard: ChunkLog(plan, str(shard), allowance_ms=allowance_ms) for shard in state}
        self.engine.restore(self.logs[shard].load(chunks) for shard, chunks in state.items())

    def answer(self, history: Sequence[Row], watermark: int, key_kind: Kind = "integer") -> dict[str, np.ndarray]:
        rows = rows_of(history, key_kind)
        columns = self.engine.add(rows, watermark)
        for shard, places in by_shard(rows, SHARDS):
            self.logs[shard].append(self.state[shard], rows.take(places), self.engine.watermark)
        return columns

    def insert(self, late: Sequence[Row], watermark: int) -> dict[str, np.ndarray]:
        """Answer late rows, in a task that was just restored."""
        rows = rows_of(late)
        columns = self.engine.add(rows, watermark)
        for shard, places in by_shard(rows, SHARDS):
            self.logs[shard].insert(self.state[shard], rows.take(places))
        return columns


def empty_state(shards: Iterable[int] = range(SHARDS)) -> dict[int, Chunks]:
    return {shard: Chunks() for shard in shards}


def answers(
    plan: SlidingPlan, history: Sequence[Row], watermarks: Sequence[int], key_kind: Kind = "integer"
) -> dict[str, np.ndarray]:
    """Return an engine's answers to a history in batches, by the rows' places in it."""
    engine = SlidingWindows(plan)
    found = {spec.name: np.full(len(history), -99.0) for spec in plan.specs}
    for places, watermark in in_batches(history, watermarks):
        columns = engine.add(rows_of([history[place] for place in places], key_kind), watermark)
        for name, values in columns.items():
            found[name][places] = values
    return found
