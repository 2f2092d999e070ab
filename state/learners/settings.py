"""Settings of a learner."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from state.learners.schedules import Constant
from state.learners.table import LEARNERS, UPDATES

if TYPE_CHECKING:
    from collections.abc import Collection

    from state.learners.schedules import Schedule
    from state.learners.table import LearnerKind, Update

    Algorithm: TypeAlias = Literal[
        "logistic", "linear", "softmax", "passive_aggressive", "passive_aggressive_regression"
    ]
    Optimizer: TypeAlias = Literal["sgd", "adagrad", "adam", "ftrl"]
    Loss: TypeAlias = Literal["squared", "absolute", "huber"]


@dataclass(frozen=True)
class LearnerSettings:
    """Settings of a learner; one that the algorithm cannot use is refused.

    Attributes:
        algorithm: name in `LEARNERS`.
        optimizer: update of the parameters; None: sgd, or the algorithm's only one.
        classes: number of classes of softmax, >= 2.
        rate: learning rate of the first row, over 0; not of ftrl and passive-aggressive.
        schedule: course of the rate over the rows learnt.
        l1: penalty of the weights' sizes, >= 0; of sgd and ftrl.
        l2: penalty of half the weights' squares, >= 0; not of passive-aggressive. The intercept has no penalty.
        clip: largest norm of a row's gradient, over 0; 0 is none. Not of passive-aggressive.
        loss: loss of linear; None: squared, which is half the square.
        epsilon: error that passive-aggressive regression takes for none, and beyond which Huber's loss is linear, >= 0.
        aggressiveness: largest step of passive-aggressive (C), over 0.
        variant: passive-aggressive's way to bound its steps.
        alpha: step of ftrl, over 0.
        beta: what ftrl adds to the root of each sum of squares, >= 0.
        class_weights: factor of the weight of each class's rows, over 0; empty: all are 1.

    Raises:
        ValueError: a setting is out of range, or the algorithm cannot use it.
    """

    algorithm: Algorithm
    optimizer: Optimizer | None = None
    classes: int = 2
    rate: float = 0.01
    schedule: Schedule = field(default_factory=Constant)
    l1: float = 0.0
    l2: float = 0.0
    clip: float = 0.0
    loss: Loss | None = None
    epsilon: float = 0.1
    aggressiveness: float = 1.0
    variant: Literal["PA-I", "PA-II"] = "PA-I"
    alpha: float = 0.1
    beta: float = 1.0
    class_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_names(self)
        _check_ranges(self)
        _check_uses(self)
        _check_classes(self)

    @property
    def kind(self) -> LearnerKind:
        """The algorithm."""
        return LEARNERS[self.algorithm]

    @property
    def update(self) -> Update:
        """The update of its parameters."""
        return UPDATES[self.optimizer or self.kind.updates[0]]

    @property
    def outputs(self) -> int:
        """Number of margins of a row."""
        return self.classes if self.kind.targets == "classes" else 1

    def describe(self) -> dict[str, Any]:
        """Return the settings as builtins; equal ones learn the same."""
        schedule = {"name": type(self.schedule).__name__, **vars(self.schedule)}
        return {**asdict(self), "schedule": schedule, "class_weights": list(self.class_weights)}


def _check_names(settings: LearnerSettings) -> None:
    _check_name("algorithm", settings.algorithm, LEARNERS)
    kind = settings.kind
    _check_name("variant", settings.variant, ("PA-I", "PA-II"))
    if settings.optimizer is not None:
        _check_name(f"optimizer of {settings.algorithm}", settings.optimizer, kind.updates if kind.has_choice else ())
    if settings.loss is not None:
        losses = kind.losses if settings.algorithm == "linear" else ()
        _check_name(f"loss of {settings.algorithm}", settings.loss, losses)


def _check_ranges(settings: LearnerSettings) -> None:
    for name in ("rate", "aggressiveness", "alpha"):
        value = getattr(settings, name)
        if not 0 < value < math.inf:
            _refuse(name, "a number over 0", value, f"the default is {getattr(LearnerSettings, name)}")
    for name in ("l1", "l2", "clip", "epsilon", "beta"):
        value = getattr(settings, name)
        if not 0 <= value < math.inf:
            _refuse(name, "a number >= 0", value, f"the default is {getattr(LearnerSettings, name)}")


def _check_uses(settings: LearnerSettings) -> None:
    update, name = settings.update, settings.optimizer or settings.kind.updates[0]
    for penalty in ("l1", "l2"):
        if penalty not in update.penalties and getattr(settings, penalty):
            others = " or ".join(other for other, each in UPDATES.items() if penalty in each.penalties)
            _refuse(penalty, f"0 with {name}", getattr(settings, penalty), f"for this penalty use {others}")
    if settings.clip and not update.has_clip:
        _refuse("clip", f"0 with {name}", settings.clip, "its steps are bounded by aggressiveness")
    if not update.has_rate and settings.schedule != Constant():
        _refuse("schedule", f"none with {name}", settings.schedule, "it has no rate; leave the schedule out")


def _check_classes(settings: LearnerSettings) -> None:
    targets = settings.kind.targets
    if targets == "classes" and settings.classes < 2:
        _refuse("classes", "a number >= 2", settings.classes, "name as many as there are labels")
    if targets != "classes" and settings.classes != 2:
        _refuse("classes", f"2 with {settings.algorithm}", settings.classes, "for more classes use softmax")
    count = 0 if targets == "numbers" else settings.classes
    if settings.class_weights and len(settings.class_weights) != count:
        expected = f"{count} numbers" if count else f"none with {settings.algorithm}"
        _refuse("class_weights", expected, settings.class_weights, "give each class one, or none at all")
    if not all(0 < weight < math.inf for weight in settings.class_weights):
        _refuse("class_weights", "numbers over 0", settings.class_weights, "leave rows out by a weight of their own")


def _check_name(name: str, got: str, known: Collection[str]) -> None:
    if got not in known:
        expected = f"one of {', '.join(known)}" if known else "none"
        _refuse(name, expected, repr(got), "write one of these" if known else "leave it out")


def _refuse(name: str, expected: str, got: object, advice: str) -> NoReturn:
    msg = f"learner: {name}: expected {expected}, got {got}; {advice}"
    raise ValueError(msg)
