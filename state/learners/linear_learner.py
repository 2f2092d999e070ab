"""A linear model that learns row by row, in batches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learners.kernel_numbers import is_target, numbers_of
from state.learners.kernels import places
from state.learners.learner import LinearParameters
from state.learners.saved import Saved
from state.learners.schedules import Constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.learners.kernels.kernel import Kernel
    from state.learners.settings import LearnerSettings


class LinearLearner:
    """A linear model with an intercept, of all kinds that `LEARNERS` lists; it is a `Learner`.

    A row is predicted and not learnt, and counted as skipped, if a feature, its target or weight is no finite number,
    its weight is negative, or its target is none of the classes. If its gradient overflows it counts as skipped, too.

    Args:
        settings: the settings.
        features: number of features of a row, >= 1.
        kernel: update of the parameters, of the settings' `Update`.

    Raises:
        ValueError: there is no feature.
    """

    def __init__(self, settings: LearnerSettings, features: int, kernel: Kernel) -> None:
        if features < 1:
            msg = f"learner: features: expected a number >= 1, got {features}; give it the width of its rows"
            raise ValueError(msg)
        self._settings, self._kind, self._update = settings, settings.kind, settings.update
        self._features, self._kernel = features, kernel
        self._numbers = numbers_of(settings)
        self._class_weights = np.asarray(settings.class_weights, np.float64)
        self._is_constant = isinstance(settings.schedule, Constant)
        self._state = np.zeros((1 + self._update.slots, settings.outputs, features + 1))
        self._totals = np.array([0.0, 0.0, 1.0, 1.0])
        self._learnt, self._unsound, self._scale = 0, 0, 1.0

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._features

    @property
    def learnt(self) -> int:
        """Rows learnt so far: the time of schedules."""
        return self._learnt

    @property
    def skipped(self) -> int:
        """Rows that could not be learnt so far."""
        return self._unsound + int(self._totals[places.OVERFLOWS])

    def learn_many(
        self,
        rows: ArrayLike,
        targets: ArrayLike,
        weights: ArrayLike,
        offsets: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; see `Learner`.

        Args:
            rows: features, (n, k).
            targets: targets, (n,).
            weights: weights of the rows, >= 0, (n,).
            offsets: margins of another model that this one learns the deviations from, (n, outputs); 0 without.

        Raises:
            ValueError: rows have another width, or there are not as many targets and weights as rows.
        """
        padded = self._padded(rows)
        asked = np.empty((len(padded), 3))
        for place, name, column in ((places.TARGET, "targets", targets), (places.WEIGHT, "weights", weights)):
            if np.shape(column) != (len(padded),):
                msg = f"{name}: expected ({len(padded)},), got {np.shape(column)}; give each row one"
                raise ValueError(msg)
            asked[:, place] = column
        is_learnt = self._choose(padded, asked)
        asked[:, places.RATE] = self._rates(is_learnt)
        self._learnt += int(np.count_nonzero(is_learnt))
        return self._run(padded, asked, offsets)

    def predict_many(self, rows: ArrayLike) -> NDArray[np.float64]:
        """Predict rows, (n, k), and learn nothing; see `Learner`."""
        padded = self._padded(rows)
        return self._run(padded, np.zeros((len(padded), 3)))

    def scale_rate(self, factor: float) -> None:
        """Multiply the rate of all rows to come, such as after a drift.

        Raises:
            ValueError: the update has no rate, or the factor is out of range.
        """
        if not self._update.has_rate:
            name = self._settings.optimizer or self._settings.algorithm
            msg = f"scale_rate: expected an update with a rate, got {name}; use sgd, adagrad or adam"
            raise ValueError(msg)
        if not 0 < factor * self._scale < math.inf:
            msg = f"scale_rate: expected a factor over 0 that leaves the rate finite, got {factor}; 2 doubles the rate"
            raise ValueError(msg)
        self._scale *= factor

    def parameters(self) -> LinearParameters:
        """Return a copy of the parameters."""
        found = self._state[0]
        return LinearParameters(found[:, :-1].T.copy(), found[:, -1].copy(), self._kind.link)

    def is_finite(self) -> bool:
        """Return whether the parameters are finite, and all that is kept to change them."""
        return bool(np.isfinite(self._state).all())

    def numbers(self) -> NDArray[np.float64]:
        """Return all that changes while it learns as one vector: the parameters first, (outputs, k + 1).

        It is the state without settings, which many learners may share.
        """
        return np.concatenate([self._state.ravel(), self._totals, (self._scale, self._learnt, self._unsound)])

    def take_numbers(self, numbers: NDArray[np.float64]) -> None:
        """Continue from what ``numbers`` returned of a learner with the same settings.

        Raises:
            ValueError: there are more or fewer numbers.
        """
        if len(numbers) != (wanted := (size := self._state.size) + len(self._totals) + 3):
            msg = f"learner: expected {wanted} numbers, got {len(numbers)}; start without them"
            raise ValueError(msg)
        self._state = numbers[:size].reshape(self._state.shape).copy()
        self._totals, self._scale = numbers[size:-3].copy(), float(numbers[-3])
        self._learnt, self._unsound = int(numbers[-2]), int(numbers[-1])

    def to_bytes(self) -> bytes:
        """Return the state as packed arrays with a format version and the settings that it belongs to."""
        counts = {"learnt": self._learnt, "unsound": self._unsound}
        return Saved(self._described(), counts, self.numbers()[:-2]).to_bytes()

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break.

        Raises:
            ValueError: the state is of another format version or of other settings, or incomplete.
        """
        saved = Saved.from_bytes(data, self._described())
        self.take_numbers(np.append(saved.numbers, [saved.counts["learnt"], saved.counts["unsound"]]))

    def _described(self) -> dict[str, Any]:
        return {**self._settings.describe(), "features": self._features}

    def _padded(self, rows: ArrayLike) -> NDArray[np.float64]:
        """Return rows with a last column of ones."""
        if np.ndim(rows) != 2 or np.shape(rows)[1] != self._features:
            msg = f"rows: expected (n, {self._features}), got {np.shape(rows)}; give a column for each feature"
            raise ValueError(msg)
        padded = np.ones((len(np.asarray(rows)), self._features + 1))
        padded[:, :-1] = rows
        return padded

    def _choose(self, padded: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return the rows to learn, and set the weight of all others to 0."""
        targets, weights = asked[:, places.TARGET], asked[:, places.WEIGHT]
        is_sound = is_target(targets, self._settings) & (weights >= 0) & (weights < math.inf)
        if not np.isfinite(padded).all():
            is_sound &= np.isfinite(padded).all(axis=1)
        if not is_sound.all():
            self._unsound += int(np.count_nonzero(~is_sound & (weights != 0)))
            asked[~is_sound, places.TARGET : places.RATE] = 0
        if len(self._class_weights):
            weights *= self._class_weights[targets.astype(np.int64)]
        return weights > 0

    def _rates(self, is_learnt: NDArray[np.bool_]) -> NDArray[np.float64] | float:
        """Return the rate of each row, by the number of rows learnt before it."""
        rate = self._settings.rate * self._scale
        if self._is_constant:
            return rate
        before = self._learnt + np.cumsum(is_learnt) - is_learnt
        # Not a numpy function of all rows, which may round the last rows of a batch in another way than the others.
        return rate * np.array([self._settings.schedule.factor(rows) for rows in before.tolist()])

    def _run(
        self, padded: NDArray[np.float64], asked: NDArray[np.float64], offsets: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        out = np.zeros((len(padded), self._settings.outputs))
        if offsets is not None:
            out += offsets
        self._kernel(padded, asked, self._numbers, self._state, self._totals, out)
        return out if self._kind.targets == "classes" else out[:, 0]
