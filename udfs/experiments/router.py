"""Routing of a batch: the arm that answers each row, over all experiments of a job."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.experiment_choice import unit_field
from conf.settings import EventSettings
from models.experiments.weights import Weights
from udfs.experiments.split import Intervals, layer_intervals, variant_intervals
from udfs.experiments.units import Units
from udfs.experiments.weights import AllWeights, FixedWeights, WeightSource

_SALT_OF_LAYERS = "layer/"


@dataclass(frozen=True)
class Arm:
    """One variant of one experiment; it stays the same one when its weight changes.

    Attributes:
        experiment: name of the experiment.
        variant: name of the variant.
        model_name: model that answers.
        model_version: its version; empty: the deployed primary.
        is_default: answers where no arm can be drawn, and where another one fails.
        propensity: probability with which a unit of the experiment gets the arm now; NaN: it is switched off.
        step: step of the experiment's ramp now; outcomes of two arms compare within a step.
    """

    experiment: str
    variant: str
    model_name: str
    model_version: str
    is_default: bool
    propensity: float = field(compare=False)
    step: int = field(default=0, compare=False)

    @property
    def is_enabled(self) -> bool:
        """Whether the arm is switched on."""
        return not math.isnan(self.propensity)


@dataclass(frozen=True)
class Assignment:
    """The arms of the n rows of a batch.

    Attributes:
        arms: (n,) places in ``Router.arms``; -1: the row takes part in no experiment.
        undrawn: (n,) whether the default arm stands in where none can be drawn; None: for no row.
        missing: rows without a unit, by experiment.
        switched_off: rows whose arm is switched off, by experiment.
        choices: the arms that ``arms`` counts, with the weights by which the rows were assigned.
    """

    arms: NDArray[np.int16]
    undrawn: NDArray[np.bool_] | None
    missing: Mapping[str, int]
    switched_off: Mapping[str, int]
    choices: tuple[Arm, ...]


class Router:
    """A router for the experiments of a job, which share one layer.

    Args:
        experiments: at least one.
        events: the job's events.
        layer: all experiments with a place in their layer, those of other models too; None: they are all.

    Attributes:
        field: event field that has the units.
    """

    def __init__(
        self,
        experiments: Sequence[ExperimentSettings],
        events: EventSettings,
        layer: Sequence[ExperimentSettings] | None = None,
    ) -> None:
        self.field = unit_field(experiments[0], events)
        self._experiments = tuple(experiments)
        self._layer = _SALT_OF_LAYERS + (experiments[0].layer or "")
        self._taken = layer_intervals(experiments if layer is None else layer, experiments)
        self._is_shared = len(self._taken.owners) > 1
        self.follow(FixedWeights(experiments))

    def follow(self, weights: WeightSource) -> None:
        """Take the weights of each batch from a source; those of the settings count before."""
        self._weights = weights
        self._plan = _Plan(self._experiments, weights.present)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The variants of all experiments, those that are switched off too, with the weights of the last batch."""
        return self._plan.arms

    def weights_of(self, experiment: str) -> Weights:
        """Return the weights of an experiment by which the last batch was assigned."""
        return self._plan.weights[experiment]

    def assign(self, columns: Mapping[str, NDArray[Any]]) -> Assignment:
        """Return the arm of each row.

        Args:
            columns: fields of the events, ``field`` among them.
        """
        units, plan = Units(columns[self.field]), self._present()
        first = plan.splits[0]
        if not self._is_shared and units.is_missing is None and not first.has_disabled:
            return Assignment(first.arms_of(units.points(first.name)), None, {}, {}, plan.arms)
        arms, undrawn = np.full(units.size, -1, np.int16), np.zeros(units.size, np.bool_)
        missing: dict[str, int] = {}
        switched_off: dict[str, int] = {}
        absent = np.zeros(units.size, np.bool_) if units.is_missing is None else units.is_missing
        # Without a unit there is no place in the layer: the first experiment counts such rows.
        owners = np.where(absent, 0, self._taken.owners_of(units.points(self._layer))) if self._is_shared else None
        for place, split in enumerate(plan.splits):
            rows = np.arange(units.size) if owners is None else np.flatnonzero(owners == place)
            arms[rows] = split.arms_of(units.points(split.name)[rows])
            lost, off = rows[absent[rows]], rows[(arms[rows] < 0) & ~absent[rows]]
            missing |= {split.name: len(lost)} if len(lost) else {}
            switched_off |= {split.name: len(off)} if len(off) else {}
            for each in (lost, off):
                arms[each], undrawn[each] = split.default, True
        return Assignment(arms, undrawn if undrawn.any() else None, missing, switched_off, plan.arms)

    def _present(self) -> _Plan:
        """Return the plan of the present weights; one batch keeps it to its end."""
        weights = self._weights.present
        if weights is not self._plan.weights:
            self._plan = _Plan(self._experiments, weights)
        return self._plan


class _Plan:
    """The arms of experiments and their intervals, as some weights make them."""

    def __init__(self, experiments: Sequence[ExperimentSettings], weights: AllWeights) -> None:
        self.weights = weights
        self.arms = tuple(arm for each in experiments for arm in _arms(each, weights[each.name]))
        first, splits = 0, []
        for each in experiments:
            splits.append(_Split(each, first, weights[each.name]))
            first += len(each.variants)
        self.splits = tuple(splits)


class _Split:
    """The variants of one experiment, numbered from its first arm on."""

    def __init__(self, experiment: ExperimentSettings, first: int, weights: Weights) -> None:
        self.name = experiment.name
        self.default = first + experiment.variants.index(experiment.default)
        self.has_disabled = not all(each.enabled for each in experiment.variants)
        self._intervals: Intervals = variant_intervals(experiment, weights.shares)
        arms = [first + place if each.enabled else -1 for place, each in enumerate(experiment.variants)]
        self._arms = np.array(arms, np.int16)

    def arms_of(self, points: NDArray[np.uint64]) -> NDArray[np.int16]:
        """Return the arm of each point; -1 where it is switched off."""
        found: NDArray[np.int16] = self._arms[self._intervals.owners_of(points)]
        return found


def _arms(experiment: ExperimentSettings, weights: Weights) -> tuple[Arm, ...]:
    default = experiment.default
    return tuple(
        Arm(
            experiment.name,
            each.name,
            each.model_name,
            each.model_version,
            each == default,
            float(weights.shares[each.name] / 100) if each.enabled else math.nan,
            weights.step,
        )
        for each in experiment.variants
    )
