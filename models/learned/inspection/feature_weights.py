"""The part of each feature in a learnt model, the strongest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.learned.bayes import LearnedBayes
from models.learned.learned_model import LearnedModel
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable


@dataclass(frozen=True)
class FeatureWeight:
    """A feature's part in a model's answers.

    Attributes:
        feature: name of the feature.
        strength: size by which features are sorted. Of a linear model: the largest absolute standardised weight. Of
            naive Bayes: the distance of the outermost class means, in standard deviations within a class.
        outputs: names of the outputs, or of the classes, that the numbers below belong to; "" for the only one.
        weights: change of the value for one standard deviation more; none for naive Bayes.
        raw_weights: change of the value for one unit more; none for naive Bayes.
        means: mean of the feature; for naive Bayes in each class.
        deviations: standard deviation of the feature; for naive Bayes in each class.
    """

    feature: str
    strength: float
    outputs: tuple[str, ...]
    weights: tuple[float, ...]
    raw_weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]


def feature_weights(model: LearnedModel, top: int | None = None) -> tuple[FeatureWeight, ...]:
    """Return the features in order of strength, equally strong ones in the model's order.

    Those of a table are of the model of keys that it does not have, from which its keys deviate.

    Args:
        model: the model.
        top: how many; None = all.
    """
    if isinstance(model, LearnedTable):
        return feature_weights(model.other, top)
    found = _of_bayes(model) if isinstance(model, LearnedBayes) else _of_linear(model)
    return tuple(sorted(found, key=lambda each: -each.strength)[:top])


def _of_linear(model: LearnedLinear) -> list[FeatureWeight]:
    outputs = model.classes if model.link == "softmax" else ("",)
    strengths = np.abs(model.weights).max(axis=1)
    columns = zip(strengths, model.weights, model.raw_weights, model.mean, model.scale, strict=True)
    return [
        FeatureWeight(name, float(size), outputs, _floats(own), _floats(raw), (float(mean),), (float(scale),))
        for name, (size, own, raw, mean, scale) in zip(model.features, columns, strict=True)
    ]


def _of_bayes(model: LearnedBayes) -> list[FeatureWeight]:
    deviations = np.sqrt(model.variances)
    strengths = np.ptp(model.means, axis=0) / np.sqrt(model.variances.mean(axis=0))
    return [
        FeatureWeight(name, float(size), model.classes, (), (), _floats(means), _floats(spread))
        for name, size, means, spread in zip(model.features, strengths, model.means.T, deviations.T, strict=True)
    ]


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(map(float, values))
