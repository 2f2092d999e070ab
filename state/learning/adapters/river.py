"""Models of River as learners."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.adapters.row_learner import RowLearner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.adapters.estimator_settings import EstimatorSettings


class RiverLearner(RowLearner):
    """A model with ``learn_one``, and with ``predict_proba_one`` or, for numbers, ``predict_one``.

    A row is a mapping of x0, x1, ... to numbers; a missing feature (NaN, infinite) is not in it.

    Args:
        settings: settings of the model.
        features: width of the rows.
        key: key of the job, which seals the state.

    Raises:
        ValueError: there is no such model, it cannot predict what is asked for, or the key is too short.
    """

    def __init__(self, settings: EstimatorSettings, features: int, key: bytes) -> None:
        model = settings.make("seed")
        _check(settings, model)
        super().__init__(settings, features, model, str(importlib.import_module("river").__version__), key)
        self._names = [f"x{place}" for place in range(features)]
        self._has_weight = "w" in inspect.signature(model.learn_one).parameters

    def _knows_weights(self) -> bool:
        return self._has_weight

    def _learn(self, row: NDArray[np.float64], target: float, weight: float) -> None:
        classes = self._settings.classes
        truth = bool(target) if classes == 2 else int(target) if classes else target
        if self._has_weight:
            self._estimator.learn_one(self._named(row[0]), truth, w=weight)
        else:
            self._estimator.learn_one(self._named(row[0]), truth)

    def _predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        one = self._chances if self._settings.classes else self._number
        return np.array([one(self._named(row)) for row in rows], np.float64)

    def _chances(self, named: dict[str, float]) -> list[float]:
        classes = self._settings.classes
        chances = self._estimator.predict_proba_one(named)
        # Keys of two classes are False and True, which are 0 and 1.
        said = [float(chances.get(place, 0.0)) for place in range(classes)]
        return said if any(said) else [1.0 / classes] * classes

    def _number(self, named: dict[str, float]) -> list[float]:
        return [float(self._estimator.predict_one(named))]

    def _parameters(self) -> list[Any]:
        weights = getattr(self._estimator, "weights", None)
        return list(weights.values()) if isinstance(weights, Mapping) else []

    def _named(self, row: NDArray[np.float64]) -> dict[str, float]:
        values = zip(self._names, row.tolist(), strict=True)
        return {name: value for name, value in values if math.isfinite(value)}


def _check(settings: EstimatorSettings, model: Any) -> None:
    wanted = "predict_proba_one" if settings.classes else "predict_one"
    lacking = next((name for name in ("learn_one", wanted) if not hasattr(model, name)), None)
    if lacking is None and settings.classes:
        try:
            model.clone().predict_proba_one({})
        except NotImplementedError:
            lacking = wanted
    if lacking is not None:
        kind = "a classifier with chances" if settings.classes else "a regressor"
        msg = f"{settings.path}: expected a model with {lacking}, got one without; use {kind}"
        raise ValueError(msg)
    if not settings.classes and hasattr(model, "predict_proba_one"):
        msg = f"{settings.path}: expected a model of numbers, got one of classes; set classes to how many there are"
        raise ValueError(msg)
