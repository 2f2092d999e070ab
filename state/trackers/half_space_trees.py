"""Half-space trees: a row is odd if few rows of the window before fell into the same parts of space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack
from state.trackers.half_spaces import HalfSpaces, draw_half_spaces
from state.trackers.running_range import RunningRange

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
_AT_ONCE = 4_096  # rows: the nodes on their ways are kept for all trees
_SIZE_LIMIT = 0.1  # of a window: a part with fewer rows is not looked into any further, as in the paper


@dataclass(frozen=True)
class HalfSpaceTreesSettings:
    """Settings of half-space trees.

    Args:
        trees: number of trees, >= 1.
        height: halvings from the root to a leaf, 1..15; a tree has ``2**(height + 1) - 1`` nodes.
        window: rows after which what was learnt becomes what rows are judged by, >= 1.
        seed: seed of the half-spaces.
    """

    trees: int = 25
    height: int = 8
    window: int = 250
    seed: int = 1

    def start(self, sources: int) -> HalfSpaceTrees:
        """Return trees that have seen nothing."""
        return HalfSpaceTrees(self, draw_half_spaces(self.trees, self.height, sources, self.seed))


class HalfSpaceTrees:
    """A forest that scores each row from 0, usual, to 1, odd.

    A tree halves space ``height`` times. With ``r`` rows of the last whole window in a node at depth ``d``, the score
    is ``1 - sum(r * 2**d) / (trees * window * (2**(height + 1) - 1))`` over the nodes on the row's ways, each way
    ending at the first node with ``r < window / 10``. In the first window there is no score yet: NaN. Values are scaled
    to 0..1 by their least and largest so far, the row's own among them.

    Source: Tan, Ting and Liu, Fast anomaly detection for streaming data, IJCAI 2011; the sum over all nodes of a way,
    in place of its last one alone, as in River.

    Args:
        settings: settings of the forest.
        half_spaces: the halvings of all trees.
    """

    def __init__(self, settings: HalfSpaceTreesSettings, half_spaces: HalfSpaces) -> None:
        self._settings, self._spaces = settings, half_spaces
        self._range = RunningRange(half_spaces.dimensions)
        size = settings.trees * half_spaces.nodes
        self._reference = np.zeros(size, np.int32)
        self._latest = np.zeros(size, np.int32)
        self._seen = 0
        self._has_window = False

    def follow(self, times: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score rows, and learn each once it is scored; see ``Tracker``."""
        del times
        found = np.full((len(values), 1), np.nan)
        whole = np.flatnonzero(np.isfinite(values).all(axis=1))
        scaled = self._range.scale(values[whole])
        begin = 0
        while begin < len(whole):
            end = min(begin + self._settings.window - self._seen, begin + _AT_ONCE, len(whole))
            found[whole[begin:end], 0] = self._step(scaled[begin:end])
            begin = end
        return found

    def snapshot(self) -> bytes:
        """Return masses, range and place in the window."""
        place = np.array([self._seen, self._has_window], np.int64)
        masses = (each.astype("<i4").tobytes() for each in (self._reference, self._latest))
        return pack(VERSION, place.astype("<i8").tobytes(), *masses, self._range.snapshot())

    def restore(self, data: bytes) -> None:
        """Take the state of a snapshot; see ``Tracker``."""
        place, reference, latest, seen_range = unpack("half-space trees", VERSION, data)
        if len(reference) != 4 * len(self._reference):
            msg = (
                f"half-space trees: expected the state of {len(self._reference)} nodes, got one of "
                f"{len(reference) // 4}; start without it"
            )
            raise ValueError(msg)
        seen, has_window = np.frombuffer(place, "<i8").tolist()
        if seen >= self._settings.window:
            msg = (
                f"half-space trees: expected fewer than {self._settings.window} rows of a window, got {seen} of a "
                "longer one; start without it"
            )
            raise ValueError(msg)
        self._seen, self._has_window = seen, bool(has_window)
        self._reference = np.frombuffer(reference, "<i4").astype(np.int32)
        self._latest = np.frombuffer(latest, "<i4").astype(np.int32)
        self._range.restore(seen_range)

    def _step(self, rows: NDArray[np.float64]) -> NDArray[np.float64] | float:
        """Score and learn rows of one window, which are all judged by the window before."""
        ways = self._spaces.ways(rows)  # (height + 1, n, trees)
        scores = self._scores(ways) if self._has_window else np.nan
        self._latest += np.bincount(ways.reshape(-1), minlength=len(self._latest)).astype(np.int32)
        self._seen += len(rows)
        if self._seen == self._settings.window:
            self._reference, self._latest = self._latest, np.zeros_like(self._latest)
            self._seen, self._has_window = 0, True
        return scores

    def _scores(self, ways: NDArray[np.int64]) -> NDArray[np.float64]:
        mass = np.zeros(ways.shape[1:])
        goes_on = np.ones(ways.shape[1:], np.bool_)
        for depth, nodes in enumerate(ways):
            here = self._reference.take(nodes)
            mass += np.where(goes_on, here * 2.0**depth, 0.0)
            goes_on &= here >= _SIZE_LIMIT * self._settings.window
        most = self._settings.trees * self._settings.window * (2.0 ** (self._settings.height + 1) - 1)
        scores: NDArray[np.float64] = 1.0 - mass.sum(axis=1) / most
        return scores
