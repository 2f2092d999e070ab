"""Weights of rows: by class, and for labels that may have been given up too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def class_weights(targets: NDArray[np.float64], by_class: ArrayLike) -> NDArray[np.float64]:
    """Return the weight of each row by its class, (n,); 1 where there is no target.

    Args:
        targets: number of the class, (n,); NaN: none.
        by_class: weight of each class, (c,).

    Raises:
        ValueError: a target is no class.

    Example:
        >>> class_weights(np.array([0.0, 1.0, np.nan]), [1.0, 20.0]).tolist()
        [1.0, 20.0, 1.0]
    """
    known = np.asarray(by_class, np.float64)
    is_there = ~np.isnan(targets)
    wrong = ~np.isin(targets, np.arange(len(known))) & is_there
    if wrong.any():
        msg = f"weights: expected a class 0 to {len(known) - 1}, got {targets[wrong][0]:g}; give each class a weight"
        raise ValueError(msg)
    weights = np.ones(len(targets))
    weights[is_there] = known[targets[is_there].astype(np.int64)]
    return weights


def balanced_weights(counts: ArrayLike) -> NDArray[np.float64]:
    """Return weights by class with which all classes weigh as much, n/(c·n_c), (c,); 1 for a class without rows.

    Args:
        counts: rows of each class, (c,).

    Example:
        >>> balanced_weights([90, 10]).round(3).tolist()
        [0.556, 5.0]
    """
    known = np.asarray(counts, np.float64)
    return np.divide(known.sum() / len(known), known, out=np.ones_like(known), where=known > 0)


def fake_negative_weights(
    targets: NDArray[np.float64], chances: NDArray[np.float64], late_share: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Return the weights with which rows are learnt that may become positive after they were given up as negative.

    Each row is learnt once when its wait is over, as a positive if its label has come, else as a negative. If it comes
    later, the row is learnt again, as a positive. So the learner sees rows in other shares than the true ones: of the
    rows at x, 1 + p·s are learnt and p of them are positives, where p is the chance of a positive and s the share of
    positives that are late. The ratio of the true to the seen chance gives back the true loss:

    - a positive, early or late: 1 + p·s
    - a negative: (1 + p·s)·(1 − p)/(1 − p + p·s)

    With s = 1, where nothing waits, these are the fake-negative weights 1 + p and (1 + p)·(1 − p). The weights are
    constants to the gradient. p is not known, and the chance that a model gave replaces it: use the one that was
    served with the row, as it does not depend on batches. Both times a row is learnt need the same.

    Source: Ktena et al., Addressing delayed feedback for continuous training with neural networks in CTR prediction,
    RecSys 2019, arXiv 1907.06558 (fake-negative weighted loss); Yang et al., Capturing delayed feedback in conversion
    rate prediction via elapsed-time sampling, AAAI 2021, arXiv 2012.03245 (with a wait).

    Args:
        targets: 0 or 1 as known now, (n,).
        chances: chance of a positive, 0..1, (n,); NaN: not predicted, and the row weighs 1.
        late_share: share of positives whose label comes after the wait, 0..1, or of each row, (n,).

    Raises:
        ValueError: a chance or share is out of range.

    Example:
        >>> fake_negative_weights(np.array([1.0, 0.0]), np.array([0.5, 0.5])).tolist()
        [1.5, 0.75]
    """
    late = np.asarray(late_share, np.float64)
    for name, values in (("chances", chances), ("late_share", late)):
        wrong = (values < 0) | (values > 1)
        if wrong.any():
            msg = f"weights: expected {name} of 0..1, got {values[wrong].flat[0]:g}; give the probability of a positive"
            raise ValueError(msg)
    seen = 1.0 + chances * late
    true_negatives = 1.0 - chances
    seen_negatives = true_negatives + chances * late
    # Where all are positives and none is late, no negative is seen.
    share = np.divide(true_negatives, seen_negatives, out=np.zeros_like(seen), where=seen_negatives > 0)
    return np.where(np.isnan(chances), 1.0, np.where(targets == 1, seen, seen * share))


def lost_positive_weights(
    targets: NDArray[np.float64], chances: NDArray[np.float64], late_share: float
) -> NDArray[np.float64]:
    """Return the weights with which rows are learnt of which some positives are given up as negatives for good.

    Of the rows at x, p·(1 − s) are learnt as positives and 1 − p + p·s as negatives, where p is the chance of a
    positive and s the share of positives that are late. The ratio of the true to the seen chance gives back the true
    loss: 1/(1 − s) for a positive, (1 − p)/(1 − p + p·s) for a negative. As in `fake_negative_weights`, the chance that
    was served replaces p.

    Args:
        targets: 0 or 1 as known now, (n,).
        chances: chance of a positive, 0..1, (n,); NaN: not predicted, and a negative weighs 1.
        late_share: share of positives whose label comes too late, 0 to under 1.

    Example:
        >>> lost_positive_weights(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0.5).round(3).tolist()
        [2.0, 0.667]
    """
    known = np.clip(np.nan_to_num(chances), 0.0, 1.0)
    rest = 1.0 - known
    share = np.divide(rest, rest + known * late_share, out=np.zeros_like(rest), where=rest + known * late_share > 0)
    return np.where(targets == 1, 1.0 / (1.0 - late_share), share)
