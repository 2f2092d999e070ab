"""Rewards of a bandit's variants in a shard, where a unit such as a card has several rows.

Rules of this file:

- Rows that one variant gave a unit are one unit of this variant, over all rounds: they resemble each other. It counts
  in the round of its first row.
- A unit may have several variants one after the other, as rounds move it, but one in a round: two are counted as seen
  in both.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from state.experiments.moments import Moments
from state.verdicts.cells import Cells
from state.verdicts.ledgers.reward_ledger import RewardLedger
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.verdicts.outcomes import Outcomes

VERSION = 1
_LEAST = 256
_NONE = -1
# Arrays with a row a unit: name, type in which it is saved, and value of a unit that is new.
_COLUMNS = (
    ("_last_steps", "<i4", _NONE),
    ("_last_arms", "<i2", _NONE),
    ("_is_in_both", "|b1", False),
    ("_first_steps", "<i4", _NONE),
    ("_sums", "<f8", 0.0),
    ("_weights", "<f8", 0.0),
)


class UnitRewardLedger(RewardLedger):
    """The rewards of one experiment in one shard, where units have rows.

    Args:
        metrics: number of metrics, each a mean over events.
        arms: number of variants.
    """

    def __init__(self, metrics: int, arms: int) -> None:
        super().__init__(metrics)
        self._arms = arms
        self._places: dict[int, int] = {}
        # Step and variant of a unit's latest round; step in which each variant answered it first.
        self._last_steps, self._last_arms = (np.full(_LEAST, _NONE, np.int64) for _ in range(2))
        self._is_in_both = np.zeros(_LEAST, np.bool_)
        self._first_steps = np.full((_LEAST, arms), _NONE, np.int64)
        # Sums of weighed values and of weights, by unit, variant and metric.
        self._sums, self._weights = (np.zeros((_LEAST, arms, metrics)) for _ in range(2))

    def __len__(self) -> int:
        return len(self._places)

    def _count_units(self, rows: Outcomes) -> None:
        begin = len(self._places)
        places = self._place(rows.points)
        _, first = np.unique(places, return_index=True)
        units, arms = places[first], rows.arms[first]
        # Only the variant of a unit that no round has seen before shows how the round splits.
        new = units >= begin
        for arm, count in enumerate(np.bincount(arms[new]).tolist()):
            if count:
                self.cells.cell(arm, rows.step).assigned += count
        latest = self._last_steps[units]
        self.cells.active[rows.step] += int(np.count_nonzero(latest < rows.step))
        later = units[latest < rows.step]
        self._last_steps[later], self._last_arms[later] = rows.step, arms[latest < rows.step]
        self._note_both(places, rows)
        self._begin(places, rows)

    def _note_both(self, places: NDArray[np.int64], rows: Outcomes) -> None:
        """Count units that a second variant answered in one round."""
        is_other = (self._last_steps[places] == rows.step) & (self._last_arms[places] != rows.arms)
        others = np.flatnonzero(is_other & ~self._is_in_both[places])
        _, first = np.unique(places[others], return_index=True)
        self._is_in_both[places[others]] = True
        for arm, count in enumerate(np.bincount(rows.arms[others[first]]).tolist()):
            if count:
                self.cells.cell(arm, rows.step).in_both += count

    def _begin(self, places: NDArray[np.int64], rows: Outcomes) -> None:
        """Count units that a variant answers for the first time as units of this variant."""
        codes = np.unique(places * self._arms + rows.arms)
        units, arms = codes // self._arms, codes % self._arms
        is_new = self._first_steps[units, arms] == _NONE
        self._first_steps[units[is_new], arms[is_new]] = rows.step
        for arm, count in enumerate(np.bincount(arms[is_new]).tolist()):
            if count:
                self.cells.cell(arm, rows.step).units += count

    def _count_values(
        self, metric: int, rows: Outcomes, values: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        codes, inverse = np.unique(self._place(rows.points) * self._arms + rows.arms, return_inverse=True)
        units, arms = codes // self._arms, codes % self._arms
        old_x, old_d = self._sums[units, arms, metric], self._weights[units, arms, metric]
        new_x, new_d = old_x + np.bincount(inverse, values), old_d + np.bincount(inverse, weights)
        self._sums[units, arms, metric], self._weights[units, arms, metric] = new_x, new_d
        rows_of = np.bincount(inverse)
        steps = self._first_steps[units, arms]
        for arm, step in sorted(set(zip(arms.tolist(), steps.tolist(), strict=True))):
            own = (arms == arm) & (steps == step)
            cell = self.cells.cell(arm, step)
            cell.events[metric] += float(rows_of[own].sum())
            old, new = own & (old_d > 0), own & (old_d == 0)
            moments = cell.moments[metric]
            if old.any():
                moments = moments.updated(old_x[old], new_x[old], old_d=old_d[old], new_d=new_d[old])
            cell.moments[metric] = moments + Moments.from_units(new_x[new], new_d[new])

    def _place(self, points: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the place of each unit; those that were not seen before get one, in the order of rows."""
        listed = points.tolist()
        places = np.fromiter(map(self._places.get, listed, repeat(_NONE)), np.int64, len(listed))
        for at in np.flatnonzero(places == _NONE).tolist():
            places[at] = self._places.setdefault(listed[at], len(self._places))
        self._grow(len(self._places))
        return places

    def _grow(self, size: int) -> None:
        more = max(size, 2 * len(self._last_arms)) - len(self._last_arms)
        if size <= len(self._last_arms):
            return
        for name, _, empty in _COLUMNS:
            old: NDArray[Any] = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.full((more, *old.shape[1:]), empty, old.dtype)]))

    def to_bytes(self) -> bytes:
        """Return the units and their sums as bytes."""
        size, cells = len(self), self.cells.to_bytes()
        head = orjson.dumps({"version": VERSION, "units": size, "arms": self._arms, "cells": len(cells)})
        points = np.fromiter(self._places, np.uint64, size).astype("<u8")
        columns = [getattr(self, name)[:size].astype(kind) for name, kind, _ in _COLUMNS]
        return b"".join([head, b"\n", cells, points.tobytes(), *(column.tobytes() for column in columns)])

    def restore(self, data: bytes) -> None:
        """Take the units and sums of ``to_bytes``.

        Raises:
            ValueError: they are of another version of the format.
        """
        end = data.index(b"\n")
        head = orjson.loads(data[:end])
        check_version("rewards", head.get("version"), VERSION, "start the experiment under another name")
        size, place = head["units"], end + 1 + head["cells"]
        self.cells = Cells.from_bytes(data[end + 1 : place])
        points = np.frombuffer(data, "<u8", size, place)
        self._places = dict(zip(points.tolist(), range(size), strict=True))
        self._grow(size)
        place += points.nbytes
        for name, kind, _ in _COLUMNS:
            column: NDArray[Any] = getattr(self, name)
            shape = (size, *column.shape[1:])
            read = np.frombuffer(data, kind, int(np.prod(shape)), place)
            column[:size] = read.reshape(shape)
            place += read.nbytes
