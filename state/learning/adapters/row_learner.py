"""A learner that hands one row after the other to an estimator of another library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from state.learning.adapters.sealed_pickle import checked_key, seal, unseal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learning.adapters.estimator_settings import EstimatorSettings


class RowLearner(ABC):
    """An estimator as a learner; rows are learnt one by one, so the split into batches changes nothing.

    A row without a target, or whose target is no class, is predicted, not learnt, and counted as skipped.

    Args:
        settings: settings of the estimator.
        features: width of the rows.
        estimator: the estimator, which has learnt nothing yet.
        release: release of its library.
        key: key of the job, which seals the state; 16 bytes or more, kept in the job's own state or secrets.

    Raises:
        ValueError: the key is too short.
    """

    def __init__(self, settings: EstimatorSettings, features: int, estimator: Any, release: str, key: bytes) -> None:
        self._settings, self._features, self._key = settings, features, checked_key(key)
        self._fingerprint = settings.fingerprint(features, release)
        self._estimator = estimator
        self._learnt = self._skipped = 0

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._features

    @property
    def skipped(self) -> int:
        """Rows with a weight that had no usable target."""
        return self._skipped

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it.

        Args:
            rows: features, (n, k).
            targets: 0 or 1, number of the class, or number, (n,).
            weights: weights of the rows, >= 0, (n,).

        Returns:
            The predictions, (n,), or (n, classes) for more than two classes.

        Raises:
            ValueError: a weight is neither 0 nor 1, and the estimator knows no weights.
        """
        said = np.empty((len(rows), self._settings.classes or 1))
        for place, (target, weight) in enumerate(zip(targets.tolist(), weights.tolist(), strict=True)):
            row = rows[place : place + 1]
            said[place] = self._said(row)
            if weight > 0:
                self._take(row, target, weight)
        return self._shaped(said)

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, (n, k), and learn nothing; return what `learn_many` returns."""
        return self._shaped(self._said(rows))

    def _take(self, row: NDArray[np.float64], target: float, weight: float) -> None:
        classes = self._settings.classes
        is_known = target in range(classes) if classes else np.isfinite(target)
        if not is_known:
            self._skipped += 1
            return
        if weight != 1 and not self._knows_weights():
            msg = f"{self._settings.path}: expected weights 0 and 1, got {weight:g}; it learns all rows alike"
            raise ValueError(msg)
        self._learn(row, target, weight)
        self._learnt += 1

    def _said(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance of each class, or one number, (n, classes or 1)."""
        classes = self._settings.classes
        if self._learnt and len(rows):
            return self._predict(rows)
        return np.full((len(rows), classes or 1), 1.0 / classes if classes else 0.0)

    def _shaped(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        return said if said.shape[1] > 2 else said[:, -1].copy()

    @abstractmethod
    def _knows_weights(self) -> bool:
        """Return whether the estimator takes a weight with a row."""

    @abstractmethod
    def _learn(self, row: NDArray[np.float64], target: float, weight: float) -> None:
        """Learn one row, (1, k)."""

    @abstractmethod
    def _predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance of each class, or one number, (n, classes or 1); at least one row was learnt."""

    @abstractmethod
    def _parameters(self) -> list[Any]:
        """Return the estimator's parameters, as far as they are known, as arrays or numbers."""

    def is_finite(self) -> bool:
        """Return whether the parameters are finite, as far as they are known; trees have none, for example."""
        return all(bool(np.isfinite(part).all()) for part in self._parameters())

    def parameters(self) -> NoReturn:
        """Refuse: its parameters are the library's own.

        Raises:
            ValueError: always.
        """
        msg = f"{self._settings.path}: expected a learner with a linear form to export, got one of another library"
        raise ValueError(msg)

    def scale_rate(self, factor: float) -> None:
        """Refuse: its rate is the library's own.

        Raises:
            ValueError: always.
        """
        msg = f"scale_rate: expected a learner of gress-ml, got {self._settings.path} and {factor}; use reset"
        raise ValueError(msg)

    def to_bytes(self) -> bytes:
        """Return the state, sealed; it is for the job's own checkpoints, and for nothing that others read or write."""
        return seal(self._key, self._fingerprint, (self._estimator, self._learnt, self._skipped))

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: this job did not seal it, or it is of other settings or another release.
        """
        self._estimator, self._learnt, self._skipped = unseal(self._key, self._fingerprint, data)
