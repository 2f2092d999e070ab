"""Estimators of scikit-learn, and of others with its interface, as learners."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.adapters.row_learner import RowLearner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.adapters.estimator_settings import EstimatorSettings

_PARAMETERS = ("coef_", "intercept_", "coefs_", "intercepts_")


class ScikitLearner(RowLearner):
    """An estimator with ``partial_fit``, and with ``predict_proba`` or, for numbers, ``predict``.

    A missing feature (NaN, infinite) is taken as 0, the mean of standardised rows.

    Args:
        settings: settings of the estimator.
        features: width of the rows.
        key: key of the job, which seals the state.

    Raises:
        ValueError: there is no such estimator, it cannot learn row by row or predict what is asked for, or the key is
            too short.
    """

    def __init__(self, settings: EstimatorSettings, features: int, key: bytes) -> None:
        estimator = settings.make("random_state")
        _check(settings, estimator)
        release = str(getattr(importlib.import_module(settings.path.partition(".")[0]), "__version__", "unknown"))
        super().__init__(settings, features, estimator, release, key)
        self._named = inspect.signature(estimator.partial_fit).parameters

    def _knows_weights(self) -> bool:
        return "sample_weight" in self._named

    def _learn(self, row: NDArray[np.float64], target: float, weight: float) -> None:
        arguments: dict[str, Any] = {"sample_weight": [weight]} if self._knows_weights() else {}
        if self._settings.classes:
            arguments["classes"] = np.arange(self._settings.classes)
        truth = np.array([int(target) if self._settings.classes else target])
        self._estimator.partial_fit(_whole(row), truth, **arguments)

    def _predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        predict = self._estimator.predict_proba if self._settings.classes else self._estimator.predict
        said: NDArray[np.float64] = np.asarray(predict(_whole(rows)), np.float64).reshape(len(rows), -1)
        return said

    def _parameters(self) -> list[Any]:
        found: list[Any] = []
        for name in _PARAMETERS:
            value = getattr(self._estimator, name, [])
            found += value if isinstance(value, list) else [value]
        return found


def _whole(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(rows), rows, 0.0)


def _check(settings: EstimatorSettings, estimator: Any) -> None:
    if not hasattr(estimator, "partial_fit"):
        msg = f"{settings.path}: expected an estimator with partial_fit, got one without; it cannot learn row by row"
        raise ValueError(msg)
    wanted = "predict_proba" if settings.classes else "predict"
    if not hasattr(estimator, wanted):
        hint = "such as SGDClassifier with loss log_loss" if settings.classes else "such as SGDRegressor"
        msg = f"{settings.path}: expected an estimator with {wanted}, got one without; use one that has it, {hint}"
        raise ValueError(msg)
    if not settings.classes and "classes" in inspect.signature(estimator.partial_fit).parameters:
        msg = (
            f"{settings.path}: expected an estimator of numbers, got one of classes; set classes to how many there are"
        )
        raise ValueError(msg)
