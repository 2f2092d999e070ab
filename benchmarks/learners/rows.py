"""Generated rows and labels to learn from, the same in every program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def labelled_rows(rows: int, features: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return features, (n, k), and labels of 0 and 1, (n,), by a linear rule with noise.

    >>> matrix, labels = labelled_rows(5, 3)
    >>> matrix.shape, sorted(set(labels.tolist()))
    ((5, 3), [0.0, 1.0])
    """
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(rows, features))
    margins = matrix @ rng.normal(size=features) / features**0.5 + rng.normal(size=rows)
    return matrix, (margins > 0).astype(np.float64)
