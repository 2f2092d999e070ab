"""The label joins of the shards of a task: parts in, parts out, by the output that they leave by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from state.labels.saved_rows import PieceStore
from state.labels.shard_join import ShardJoin
from state.labels.shard_rows import JoinShapes
from udfs.labels.label_parts import LabelParts, Left
from udfs.labels.row_packing import RowPacking
from udfs.labels.settings import LabelSettings
from udfs.windows.parts import PartFormat

Side = Literal["predictions", "labels"]


class LabelStore(PieceStore, Protocol):
    """Pieces of the current shard."""

    def items(self) -> Iterable[tuple[int, bytes]]:
        """Return all pieces with their numbers."""


@dataclass
class _Shard:
    join: ShardJoin
    timer: int | None = None


class KeyedLabels:
    """Label joins of the shards of a task.

    The store is that of the current shard, which the caller sets before each call.

    Args:
        settings: settings of the join.
        store: store of rows that wait and of ids that are remembered.
    """

    def __init__(self, settings: LabelSettings, store: LabelStore) -> None:
        self._times, self._store, self._parts = settings.times, store, LabelParts(settings)
        self._formats = {
            "predictions": PartFormat(settings.predictions.columns),
            "labels": PartFormat(settings.labels.columns),
        }
        self._packings = {"predictions": RowPacking(settings.predictions), "labels": RowPacking(settings.labels)}
        self._shapes = JoinShapes(self._packings["predictions"].shape, self._packings["labels"].shape)
        self._shards: dict[int, _Shard] = {}

    def load(self, label: int) -> None:
        """Read the current shard's state."""
        self._shards[label] = _Shard(ShardJoin(self._times, self._shapes, self._store.items()))

    def arrive(self, label: int, side: Side, data: bytes) -> Iterator[Left]:
        """Take a part of the current shard, and yield what leaves; `timer` follows."""
        join = self._shard(label).join
        rows = self._packings[side].pack(self._formats[side].decode(data))
        add = join.add_predictions if side == "predictions" else join.add_labels
        yield from map(self._parts.left, add(self._store, rows))

    def advance(self, label: int, watermark: int) -> Iterator[Left]:
        """Judge the rows of the current shard by a watermark, and yield what leaves; `timer` follows."""
        shard = self._shard(label)
        shard.timer = None
        yield from map(self._parts.left, shard.join.advance(self._store, watermark))

    def timer(self, label: int) -> int | None:
        """Return the time at which the current shard needs a timer; None: none is needed, or an earlier one is set."""
        shard = self._shard(label)
        due = shard.join.next_due
        if due is None or (shard.timer is not None and shard.timer <= due):
            return None
        shard.timer = due
        return due

    @property
    def waiting(self) -> tuple[int, int]:
        """Number of predictions and of labels that wait."""
        waiting = [shard.join.waiting for shard in self._shards.values()]
        return sum(predictions for predictions, _ in waiting), sum(labels for _, labels in waiting)

    def _shard(self, label: int) -> _Shard:
        found = self._shards.get(label)
        if found is None:
            found = self._shards[label] = _Shard(ShardJoin(self._times, self._shapes))
        return found
