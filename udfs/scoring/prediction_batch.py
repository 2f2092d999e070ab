"""Answers for a batch, from one model or from those of an experiment's variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.dead_letters import Problem
from udfs.experiments.arm_answer import ArmAnswer


@dataclass(frozen=True)
class PredictionBatch:
    """Answers for the n rows of a batch.

    Attributes:
        answers: of each model that scored rows of the batch, with the rows; together they cover all.
        matrix: the models' features, (n, k).
        latency_us: microseconds from columns to scores, for the batch.
    """

    answers: tuple[ArmAnswer, ...]
    matrix: NDArray[Any]
    latency_us: int

    @cached_property
    def prediction(self) -> NDArray[np.float64]:
        """``(n,)``, NaN in rows with a problem."""
        return self._joined(lambda each: each.answer.scores.prediction, np.float64)

    @cached_property
    def label(self) -> NDArray[np.object_] | None:
        """``(n,)`` text, None in rows whose model has no classes; None if no model has."""
        if all(each.answer.scores.label is None for each in self.answers):
            return None
        return self._joined(lambda each: each.answer.scores.label, object)

    @cached_property
    def scores(self) -> NDArray[np.float64] | None:
        """``(n, c)``, or None if the models give one value; NaN where a model has fewer classes than another."""
        found = [(each, each.answer.scores.scores) for each in self.answers]
        widths = [scores.shape[1] for _, scores in found if scores is not None]
        if not widths:
            return None
        if len(found) == 1:
            return found[0][1]
        joined = np.full((len(self.matrix), max(widths)), np.nan)
        for each, scores in found:
            if scores is not None:
                joined[each.rows, : scores.shape[1]] = scores
        return joined

    @cached_property
    def version(self) -> NDArray[np.object_]:
        """``(n,)`` version of the model that should score the row; ``status`` names the one that did."""
        return self._joined(lambda each: each.answer.spec.version, object)

    @cached_property
    def status(self) -> NDArray[np.object_]:
        """``(n,)`` text: ``ok``, ``fallback:VERSION`` or ``default``."""
        return self._joined(lambda each: "ok" if each.answer.status is None else each.answer.status, object)

    @cached_property
    def experiment(self) -> NDArray[np.object_]:
        """``(n,)`` name of the experiment that the row takes part in, None where it is in none."""
        return self._joined(lambda each: None if each.arm is None else each.arm.experiment, object)

    @cached_property
    def variant(self) -> NDArray[np.object_]:
        """``(n,)`` name of the experiment's variant that answers the row, None where the row is in none."""
        return self._joined(lambda each: None if each.arm is None else each.arm.variant, object)

    @cached_property
    def propensity(self) -> NDArray[np.float64]:
        """``(n,)`` probability with which the row's unit got its variant, NaN where none was drawn."""
        return self._joined(_propensity, np.float64)

    @cached_property
    def problems(self) -> Mapping[int, Problem]:
        """The problem of each row without a prediction, by row."""
        if len(self.answers) == 1:
            return self.answers[0].answer.problems
        found: dict[int, Problem] = {}
        for each in self.answers:
            places = range(len(self.matrix)) if each.rows is None else each.rows.tolist()
            found |= {places[row]: problem for row, problem in each.answer.problems.items()}
        return found

    def _joined(self, values_of: Callable[[ArmAnswer], Any], kind: Any) -> NDArray[Any]:
        """Return the values of all answers in the order of the batch."""
        if len(self.answers) == 1:
            values = values_of(self.answers[0])
            if isinstance(values, np.ndarray):
                return values
        joined = np.empty(len(self.matrix), kind)
        for each in self.answers:
            joined[slice(None) if each.rows is None else each.rows] = values_of(each)
        return joined


def _propensity(each: ArmAnswer) -> Any:
    if each.arm is None:
        return np.nan
    return each.arm.propensity if each.undrawn is None else np.where(each.undrawn, np.nan, each.arm.propensity)
