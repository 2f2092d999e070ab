"""Outcomes: rows of an experiment, as columns and as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from state.narrow_columns import narrowed, widened
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VERSION = 2


@dataclass(frozen=True)
class Outcomes:
    """Rows of one experiment at one step of its ramp.

    Attributes:
        experiment: its name.
        step: step of the ramp that assigned the rows; 0 without a ramp.
        shares: share of each variant at that step, 0..1.
        points: points of the units, uint64 (n,).
        times: event times, ms since 1970, (n,).
        arms: places of the variants that answered, (n,).
        values: one column a metric, float64 (n, k); NaN where a row says nothing about it.
        scores: predictions of rows whose outcome is known, NaN elsewhere, (n,).
        labels: outcomes, NaN where not known, (n,).
        is_delayed: the rows are later outcomes of events that were counted before, and no traffic of their own.
    """

    experiment: str
    step: int
    shares: tuple[float, ...]
    points: NDArray[np.uint64]
    times: NDArray[np.int64]
    arms: NDArray[np.int64]
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.float64]
    is_delayed: bool = False

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: NDArray[Any] | slice) -> Outcomes:
        """Return some rows."""
        return Outcomes(
            self.experiment,
            self.step,
            self.shares,
            self.points[rows],
            self.times[rows],
            self.arms[rows],
            self.values[rows],
            self.scores[rows],
            self.labels[rows],
            self.is_delayed,
        )

    def to_bytes(self) -> bytes:
        """Return the rows as bytes: a line of JSON, then the columns."""
        head = {
            "version": VERSION,
            "experiment": self.experiment,
            "step": self.step,
            "shares": self.shares,
            "rows": len(self),
            "metrics": self.values.shape[1],
            **({"is_delayed": True} if self.is_delayed else {}),
        }
        columns = narrowed([self.points, self.times, self.arms, self.scores, self.labels, *self.values.T])
        return orjson.dumps(head) + b"\n" + columns

    @classmethod
    def from_bytes(cls, data: bytes) -> Outcomes:
        """Return what ``to_bytes`` wrote.

        Raises:
            ValueError: the bytes are of another version of the format.
        """
        end = data.index(b"\n")
        head = orjson.loads(data[:end])
        check_version("outcomes", head["version"], VERSION, "read them with their own release")
        rows, metrics = head["rows"], head["metrics"]
        columns = widened(data, end + 1, rows, 5 + metrics)
        given: dict[str, Any] = {
            "points": columns[0],
            "times": columns[1].view(np.int64),
            "arms": columns[2].view(np.int64),
            "scores": columns[3].view(np.float64),
            "labels": columns[4].view(np.float64),
            "values": columns[5:].view(np.float64).T,
        }
        is_delayed = head.get("is_delayed", False)
        return cls(head["experiment"], head["step"], tuple(head["shares"]), **given, is_delayed=is_delayed)


def in_order(parts: Sequence[Outcomes]) -> list[Outcomes]:
    """Return the rows of parts as one part a step, in the order of time, then of units: sums do not depend on parts.

    Delayed rows are a part of their own, after those of their step.
    """
    made = []
    for step, is_delayed in sorted({(part.step, part.is_delayed) for part in parts}):
        some = [part for part in parts if (part.step, part.is_delayed) == (step, is_delayed)]
        names = ("points", "times", "arms", "values", "scores", "labels")
        columns = {name: np.concatenate([getattr(part, name) for part in some]) for name in names}
        first = some[0]
        whole = Outcomes(first.experiment, step, first.shares, **columns, is_delayed=is_delayed)
        made.append(whole.take(_order(whole)))
    return made


def _order(rows: Outcomes) -> NDArray[np.intp]:
    order: NDArray[np.intp] = np.lexsort((rows.points, rows.times))
    points, times = rows.points[order], rows.times[order]
    if ((points[1:] == points[:-1]) & (times[1:] == times[:-1])).any():
        # Seldom has a unit two rows at one time; only then does the rest matter.
        order = np.lexsort((*rows.values.T, rows.labels, rows.scores, rows.arms, rows.points, rows.times))
    return order


def packed(parts: Sequence[Outcomes]) -> bytes:
    """Return several parts as bytes, each with its length in front."""
    made = [each.to_bytes() for each in parts]
    return b"".join([len(each).to_bytes(8, "little") + each for each in made])


def unpacked(data: bytes) -> list[Outcomes]:
    """Return what was packed."""
    made, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 8], "little")
        made.append(Outcomes.from_bytes(data[place + 8 : place + 8 + size]))
        place += 8 + size
    return made
