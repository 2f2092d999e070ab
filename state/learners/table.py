"""The algorithms, and the updates of parameters that they can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from state.learners.kernels import gradient, passive_aggressive, places, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from state.learners.kernels.kernel import Kernel
    from state.learners.learner import Link

    Targets: TypeAlias = Literal["binary", "classes", "numbers"]


@dataclass(frozen=True)
class Update:
    """A way to change parameters by a row.

    Attributes:
        loops: `Kernel` for numba.
        vectors: the same for numpy.
        slots: arrays of the parameters' shape that it keeps beside them.
        has_rate: whether it has a rate, which schedules and drift change; the others find their steps themselves.
        penalties: penalties that it can use.
        has_clip: whether its gradient can be clipped.
    """

    loops: Callable[..., None]
    vectors: Kernel
    slots: int
    has_rate: bool = True
    penalties: tuple[str, ...] = ("l2",)
    has_clip: bool = True


@dataclass(frozen=True)
class LearnerKind:
    """An algorithm.

    Attributes:
        targets: targets that it learns: 0 and 1, classes from 0, or any numbers.
        link: function that makes predictions of margins.
        losses: losses that it can use, with their numbers in kernels; the first is the default.
        updates: names in `UPDATES` that it can use; the first is the default.
    """

    targets: Targets
    link: Link
    losses: Mapping[str, int]
    updates: tuple[str, ...]

    @property
    def loss(self) -> str:
        """The default loss."""
        return next(iter(self.losses))

    @property
    def has_choice(self) -> bool:
        """Whether there is more than one update, an optimizer, to choose from."""
        return len(self.updates) > 1


UPDATES: Mapping[str, Update] = {
    "sgd": Update(gradient.learn_sgd, vectors.learn_sgd, slots=1, penalties=("l1", "l2")),
    "adagrad": Update(gradient.learn_adagrad, vectors.learn_adagrad, slots=1),
    "adam": Update(gradient.learn_adam, vectors.learn_adam, slots=2),
    "ftrl": Update(gradient.learn_ftrl, vectors.learn_ftrl, slots=2, has_rate=False, penalties=("l1", "l2")),
    "passive_aggressive": Update(
        passive_aggressive.learn_passive_aggressive,
        vectors.learn_passive_aggressive,
        slots=0,
        has_rate=False,
        penalties=(),
        has_clip=False,
    ),
}

_GRADIENT = ("sgd", "adagrad", "adam", "ftrl")
_REGRESSION = {"squared": places.SQUARED, "absolute": places.ABSOLUTE, "huber": places.HUBER}

LEARNERS: Mapping[str, LearnerKind] = {
    "logistic": LearnerKind("binary", "logistic", {"logistic": places.LOGISTIC}, _GRADIENT),
    "linear": LearnerKind("numbers", "identity", _REGRESSION, _GRADIENT),
    "softmax": LearnerKind("classes", "softmax", {"cross_entropy": places.SOFTMAX}, _GRADIENT),
    "passive_aggressive": LearnerKind("binary", "sign", {"hinge": places.HINGE}, ("passive_aggressive",)),
    "passive_aggressive_regression": LearnerKind(
        "numbers", "identity", {"insensitive": places.INSENSITIVE}, ("passive_aggressive",)
    ),
}
