"""The halvings of space by a forest of random trees, drawn before the first row is seen."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class HalfSpaces:
    """Whole binary trees whose inner nodes each ask whether one value is below a bound.

    The children of node ``i`` are ``2 * i + 1``, below the bound, and ``2 * i + 2``.

    Args:
        dimension: number of the value that each inner node looks at, ``(trees, 2**height - 1)``.
        bound: the bound, of the same shape.
        dimensions: number of values in a row.
    """

    dimension: NDArray[np.int64]
    bound: NDArray[np.float64]
    dimensions: int

    @property
    def height(self) -> int:
        """Inner nodes on each way."""
        return int(self.dimension.shape[1]).bit_length()

    @property
    def nodes(self) -> int:
        """Nodes of a tree, its leaves among them."""
        return 2 * int(self.dimension.shape[1]) + 1

    def ways(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the nodes that rows pass from roots to leaves, ``(height + 1, n, trees)``.

        Nodes are numbered through all trees, those of the first tree first.

        Args:
            rows: values, ``(n, dimensions)``.
        """
        trees, inner = self.dimension.shape
        of_tree = np.arange(trees) * inner
        first = np.arange(trees) * self.nodes
        places = np.arange(len(rows))[:, None] * self.dimensions
        found = np.empty((self.height + 1, len(rows), trees), np.int64)
        node = np.zeros((len(rows), trees), np.int64)
        for depth in range(self.height):
            np.add(first, node, out=found[depth])
            at = of_tree + node
            is_above = rows.take(places + self.dimension.take(at)) >= self.bound.take(at)
            node = 2 * node + 1 + is_above
        np.add(first, node, out=found[-1])
        return found


@functools.lru_cache(maxsize=16)
def draw_half_spaces(trees: int, height: int, dimensions: int, seed: int) -> HalfSpaces:
    """Draw trees over the unit cube, once: the forests of all keys share them.

    Each tree has a work space about it: with ``s`` drawn from 0..1 for each value, it reaches ``2 * max(s, 1 - s)`` to
    both sides of ``s``. A node takes a random value and halves its own part of the work space there.

    Source: Tan, Ting and Liu, Fast anomaly detection for streaming data, IJCAI 2011, algorithm 1 and section 3.

    Args:
        trees: number of trees.
        height: halvings from the root to a leaf.
        dimensions: values in a row.
        seed: seed of the draws.
    """
    rng = np.random.default_rng(seed)
    inner = 2**height - 1
    centre = rng.random((trees, dimensions))
    reach = 2 * np.maximum(centre, 1 - centre)
    dimension = rng.integers(dimensions, size=(trees, inner))
    low, high = (np.empty((trees, 2 * inner + 1, dimensions)) for _ in range(2))
    low[:, 0], high[:, 0] = centre - reach, centre + reach
    bound = np.empty((trees, inner))
    every = np.arange(trees)
    for node in range(inner):
        at = dimension[:, node]
        bound[:, node] = (low[every, node, at] + high[every, node, at]) / 2
        for child in (2 * node + 1, 2 * node + 2):
            low[:, child], high[:, child] = low[:, node], high[:, node]
        high[every, 2 * node + 1, at] = low[every, 2 * node + 2, at] = bound[:, node]
    return HalfSpaces(dimension, bound, dimensions)
