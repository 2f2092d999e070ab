"""Outcomes of shadows: what two models would have lost on the same row, as one difference.

It is valid where the answer does not decide whether the outcome is known: a payment that is refused has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.experiment_choice import paired_experiments, unit_field
from conf.settings import JobSettings, MlSettings
from state.experiments.paired import log_losses
from state.verdicts.outcomes import Outcomes
from udfs.experiments.units import Units

CANDIDATE = 0
"""The only arm: each unit has both models."""


def paired_name(experiment: str, treatment: str) -> str:
    """Return the name under which an experiment's paired outcomes are counted."""
    # No name has a NUL in it.
    return f"{experiment}\0{treatment}"


def treatments(experiment: ExperimentSettings) -> tuple[str, ...]:
    """Return the variants that are compared with the default one."""
    return tuple(each.name for each in experiment.variants if each.enabled and each != experiment.default)


class PairedOutcomes:
    """A maker of outcomes from comparisons with shadows.

    Args:
        job: settings of the job.
        ml: settings of its experiments.
    """

    def __init__(self, job: JobSettings, ml: MlSettings) -> None:
        self._events = job.events
        found = paired_experiments(ml, job.inference.model_name)
        self._experiments = {each.name: each for each in found}

    def take(self, compared: Mapping[str, Any]) -> Iterator[Outcomes]:
        """Yield the outcomes of comparisons, where their experiment is judged by them and outcomes are known.

        Args:
            compared: comparisons of rows that one variant answered and another scored, with the fields of the events.
        """
        experiment = self._experiments.get(compared["__experiment"][0])
        if experiment is None or self._events.label is None:
            return
        answered, shadow = compared["__variant"][0], compared["__shadow"][0]
        control = experiment.default.name
        if control not in (answered, shadow):
            return
        own, other = compared["__prediction"], compared["__shadow_prediction"]
        # Candidate less control, whichever of them answered.
        candidate, current = (other, own) if answered == control else (own, other)
        labels = compared[self._events.label].astype(np.float64)
        missing = Units(compared[unit_field(experiment, self._events)]).is_missing
        is_known = np.isfinite(labels) & _is_chance(candidate) & _is_chance(current)
        known = np.flatnonzero(is_known if missing is None else is_known & ~missing)
        if len(known):
            is_positive = labels[known] > 0
            losses = log_losses(candidate[known], is_positive) - log_losses(current[known], is_positive)
            treatment = shadow if answered == control else answered
            yield self._outcomes((experiment, treatment), compared, known, losses, labels[known])

    def _outcomes(
        self,
        tested: tuple[ExperimentSettings, str],
        compared: Mapping[str, Any],
        rows: NDArray[np.intp],
        losses: NDArray[np.float64],
        labels: NDArray[np.float64],
    ) -> Outcomes:
        experiment, treatment = tested
        units = Units(compared[unit_field(experiment, self._events)][rows])
        return Outcomes(
            paired_name(experiment.name, treatment),
            0,
            (1.0, 0.0),
            units.points(experiment.name),
            compared[self._events.time][rows].astype(np.int64),
            np.full(len(rows), CANDIDATE, np.int64),
            losses[:, np.newaxis],
            np.full(len(rows), np.nan),
            labels,
        )


def _is_chance(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (scores >= 0) & (scores <= 1)
