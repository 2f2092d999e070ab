"""Shapley values by sampled orders of the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Score: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float64]]

_SEED = 11


@dataclass(frozen=True)
class Contributions:
    """Contributions of the features of one row.

    Attributes:
        values: (k,); they and the base add up to the score.
        base: mean score of the background.
        scale: scale of the explained score, ``prediction`` or ``log-odds``.
    """

    values: NDArray[np.float64]
    base: float
    scale: str = "prediction"


def sampled_contributions(
    score: Score, row: NDArray[np.float32], background: NDArray[np.float32]
) -> Contributions:
    """Return the contributions of a row's features: how much each moves the score on the way from a background row.

    Each background row is turned into the row feature by feature, in a drawn order and in the order reversed, which
    evens out errors. Contributions add up to the score less the base exactly, and are exact where the effects of
    features add up.

    Args:
        score: function of rows (m, k) that returns scores (m,).
        row: (k,).
        background: (b, k).

    Returns:
        Contributions, NaN where the model has no score for the row or for a mixture of rows.

    Source: Strumbelj and Kononenko, KAIS 2014; antithetic orders, Mitchell et al., JMLR 2022.
    """
    width, count = len(row), len(background)
    rng = np.random.default_rng(_SEED)
    orders = np.array([rng.permutation(width) for _ in range(count)])
    both = np.concatenate([orders, orders[:, ::-1]])
    starts = np.concatenate([background, background])
    # Step s of an order has the row's values in its first s features.
    ranks = np.argsort(both, axis=1)
    is_taken = ranks[:, np.newaxis, :] < np.arange(width + 1)[np.newaxis, :, np.newaxis]
    steps = np.where(is_taken, row, starts[:, np.newaxis, :])
    scores = np.asarray(score(steps.reshape(-1, width)), np.float64).reshape(2 * count, width + 1)
    gains = np.diff(scores, axis=1)
    values = np.zeros(width)
    np.add.at(values, both, gains)
    return Contributions(values / (2 * count), float(scores[:, 0].mean()))
