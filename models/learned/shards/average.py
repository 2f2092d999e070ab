"""The mean of linear models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.learned.linear import LearnedLinear


def averaged(
    models: Sequence[LearnedLinear], rows: Sequence[float], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> LearnedLinear:
    """Return the model whose values are the mean of the values of several models, each by the rows that it learnt.

    Weights are averaged in the features' own units, for each model scales features by its own rows; so values are the
    mean to the digit, but for features further from a mean than the clip. Where none has learnt a row all count alike.

    Source: Zinkevich, Weimer, Li, Smola, Parallelized stochastic gradient descent, NIPS 2010, algorithm 3.

    Args:
        models: the models, at least one, of the same features, link and classes.
        rows: rows that each has learnt, >= 0.
        mean: means of the features over the rows of all, (k,).
        scale: their standard deviations, 0 where a feature never varied, (k,).
    """
    shares = np.asarray(rows, np.float64)
    shares = shares / shares.sum() if shares.any() else np.full(len(models), 1 / len(models))
    weights = sum((share * model.raw_weights for share, model in zip(shares, models, strict=True)), 0.0)
    bias = sum((share * model.raw_bias for share, model in zip(shares, models, strict=True)), 0.0)
    scaled = np.asarray(weights) * scale[:, None]
    # A feature that varies in no model has no weight, so its mean does not matter.
    return replace(models[0], weights=scaled, bias=bias + mean @ np.asarray(weights), mean=mean, scale=scale)
