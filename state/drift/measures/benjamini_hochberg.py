"""False discoveries held down over many tests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return q-values: calling all with q <= alpha keeps the expected share of false calls at alpha or less.

    q of the i-th smallest of m is the least p_j·m/j over j >= i. NaN is no test: it stays NaN and is not counted.

    Source: Benjamini, Hochberg, J. R. Statist. Soc. B 57, 1995; holds for independent and positively dependent tests.

    Args:
        p_values: 0..1 or NaN, (m,).

    Example:
        >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, np.float64)
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    raised = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return q
