"""Settings of a learner (`learner:`): the algorithm, its steps and what keeps them in bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Name, Real, Whole

Algorithm = Literal[
    "logistic",
    "linear",
    "softmax",
    "passive_aggressive",
    "passive_aggressive_regression",
    "naive_bayes",
    "scikit_learn",
    "river",
]
GRADIENT = ("logistic", "linear", "softmax")
AGGRESSIVE = ("passive_aggressive", "passive_aggressive_regression")
ADAPTED = ("scikit_learn", "river")
REGRESSION = ("linear", "passive_aggressive_regression")


class ScheduleSettings(FrozenSettings):
    """Course of the learning rate over the rows learnt.

    Attributes:
        type: ``constant`` (default); ``inverse_scaling``, rate / (1 + rows)^power; ``step``, rate ·
            decay^⌊rows / period⌋; ``exponential``, rate · decay^(rows / period); ``cosine``, a climb in ``warm_up``
            rows, then half a cosine in ``period`` rows down to ``least`` of the rate.
        power: of inverse_scaling, > 0; default 0.5.
        decay: of step and exponential, in (0, 1); default 0.5.
        period: rows of step, exponential and cosine, >= 1; default 10000.
        warm_up: rows of cosine's climb, >= 0; default 0.
        least: share of the rate that cosine leaves, in [0, 1); default 0.01.
    """

    type: Literal["constant", "inverse_scaling", "step", "exponential", "cosine"] = "constant"
    power: Real = Field(default=0.5, gt=0)
    decay: Real = Field(default=0.5, gt=0, lt=1)
    period: Whole = Field(default=10_000, ge=1)
    warm_up: Whole = Field(default=0, ge=0)
    least: Real = Field(default=0.01, ge=0, lt=1)

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of the others that its type reads."""
        known = {
            "power": self.power,
            "decay": self.decay,
            "period": self.period,
            "warm_up": self.warm_up,
            "least": self.least,
        }
        return {name: known[name] for name in _SCHEDULES[self.type]}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        others = sorted(self.model_fields_set - {"type", *_SCHEDULES[self.type]})
        if others:
            refusals = (Refusal(f"no {name}, which {self.type} does not read", (name,)) for name in others)
            raise validation_error(*refusals)
        return self


_SCHEDULES: Mapping[str, tuple[str, ...]] = {
    "constant": (),
    "inverse_scaling": ("power",),
    "step": ("decay", "period"),
    "exponential": ("decay", "period"),
    "cosine": ("period", "warm_up", "least"),
}


class LearnerSettings(FrozenSettings):
    """Algorithm that learns, and its parameters.

    Attributes:
        algorithm: ``logistic`` (default), ``linear`` and ``softmax`` regression; ``passive_aggressive`` and
            ``passive_aggressive_regression``; ``naive_bayes``, the Gaussian one; ``scikit_learn`` or ``river``, an
            estimator of these libraries.
        classes: number of classes, for softmax, naive_bayes, scikit_learn and river, >= 2; default 2. Outcomes are 0 to
            classes - 1. For scikit_learn and river 0 says that outcomes are numbers.
        optimizer: of the regressions: ``sgd``, ``adagrad`` (default), ``adam`` or ``ftrl``.
        learning_rate: step size of an update, > 0; default: ``ml.online_learning.default_learning_rate``. For ftrl it
            is α of the paper.
        schedule: how the rate changes, for sgd and adam; adagrad and ftrl have a rate a coordinate.
        l1: weight of the absolute sizes of weights in the loss, >= 0; default 0. With ftrl weights become exactly 0.
        l2: weight of the squares of weights in the loss, >= 0; default 0.
        clip: largest norm of a row's gradient, > 0; default 10.
        aggressiveness: largest step of passive-aggressive learners, their C, > 0; default 1.
        epsilon: error that passive-aggressive regression puts up with, >= 0; default 0.1.
        class_weights: weight of a row by its outcome, > 0; default 1.
        estimator: import path of the class, for scikit_learn and river, such as
            ``sklearn.linear_model.SGDClassifier``.
        parameters: arguments of the class.
    """

    algorithm: Algorithm = "logistic"
    classes: Whole = Field(default=2, ge=0)
    optimizer: Literal["sgd", "adagrad", "adam", "ftrl"] = "adagrad"
    learning_rate: Real | None = Field(default=None, gt=0)
    schedule: ScheduleSettings = ScheduleSettings()
    l1: Real = Field(default=0.0, ge=0)
    l2: Real = Field(default=0.0, ge=0)
    clip: Real = Field(default=10.0, gt=0)
    aggressiveness: Real = Field(default=1.0, gt=0)
    epsilon: Real = Field(default=0.1, ge=0)
    class_weights: Mapping[int, float] = Field(default_factory=dict)
    estimator: Name | None = None
    parameters: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def is_regression(self) -> bool:
        """Whether outcomes are numbers, and not classes."""
        return self.algorithm in REGRESSION or self.classes == 0

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = list(self._refused())
        if refusals:
            raise validation_error(*refusals)
        return self

    def _refused(self) -> Iterator[Refusal]:
        needs = {
            "optimizer": GRADIENT,
            "schedule": GRADIENT,
            "l1": GRADIENT,
            "l2": GRADIENT,
            "clip": GRADIENT,
            "learning_rate": GRADIENT,
            "aggressiveness": AGGRESSIVE,
            "epsilon": ("passive_aggressive_regression",),
            "classes": ("softmax", "naive_bayes", *ADAPTED),
            "estimator": ADAPTED,
            "parameters": ADAPTED,
        }
        for name, owners in needs.items():
            if name in self.model_fields_set and self.algorithm not in owners:
                yield Refusal(f"no {name}, which only {', '.join(owners)} have", (name,), against=(("algorithm",),))
        if self.classes == 1 or (self.classes == 0 and self.algorithm not in ADAPTED):
            yield Refusal("a number >= 2", ("classes",))
        if self.algorithm in ADAPTED and self.estimator is None:
            yield Refusal(f"the import path of a class, which algorithm {self.algorithm} needs", ("estimator",))
        if "schedule" in self.model_fields_set and self.optimizer in ("adagrad", "ftrl"):
            expected = f"no schedule, as {self.optimizer} has a rate for each coordinate"
            yield Refusal(expected, ("schedule",), against=(("optimizer",),))
        if self.class_weights and self.is_regression:
            yield Refusal("no weights of classes, as outcomes are numbers", ("class_weights",))
        for number, weight in self.class_weights.items():
            if not 0 <= number < self.classes:
                yield Refusal(f"the number of a class, 0 to {self.classes - 1}", ("class_weights", str(number)))
            if not 0 < weight < float("inf"):
                yield Refusal("a weight over 0", ("class_weights", str(number)))
