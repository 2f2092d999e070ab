"""Routing of a batch: the arm that answers each row, over all experiments of a job."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.experiment_choice import unit_field
from conf.settings import EventSettings
from udfs.experiments.split import Intervals, layer_intervals, shares_of, variant_intervals
from udfs.experiments.units import Units

_SALT_OF_LAYERS = "layer/"


@dataclass(frozen=True)
class Arm:
    """One variant of one experiment.

    Attributes:
        experiment: name of the experiment.
        variant: name of the variant.
        model_name: model that answers.
        model_version: its version; empty: the deployed primary.
        is_default: answers where no arm can be drawn, and where another one fails.
        propensity: probability with which a unit of the experiment gets the arm; NaN: it is switched off.
    """

    experiment: str
    variant: str
    model_name: str
    model_version: str
    is_default: bool
    propensity: float

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
    """

    arms: NDArray[np.int16]
    undrawn: NDArray[np.bool_] | None
    missing: Mapping[str, int]
    switched_off: Mapping[str, int]


class Router:
    """A router for the experiments of a job, which share one layer.

    Args:
        experiments: at least one.
        events: the job's events.

    Attributes:
        arms: the variants of all experiments, those that are switched off too.
        field: event field that has the units.
    """

    def __init__(self, experiments: Sequence[ExperimentSettings], events: EventSettings) -> None:
        self.field = unit_field(experiments[0], events)
        self.arms = tuple(arm for each in experiments for arm in _arms(each))
        self._layer = _SALT_OF_LAYERS + (experiments[0].layer or "")
        self._taken = layer_intervals(experiments)
        self._is_shared = len(self._taken.owners) > 1
        first, splits = 0, []
        for each in experiments:
            splits.append(_Split(each, first))
            first += len(each.variants)
        self._splits = tuple(splits)

    def assign(self, columns: Mapping[str, NDArray[Any]]) -> Assignment:
        """Return the arm of each row.

        Args:
            columns: fields of the events, ``field`` among them.
        """
        units = Units(columns[self.field])
        if not self._is_shared and units.is_missing is None and not self._splits[0].has_disabled:
            return Assignment(self._splits[0].arms_of(units.points(self._splits[0].name)), None, {}, {})
        arms, undrawn = np.full(units.size, -1, np.int16), np.zeros(units.size, np.bool_)
        missing: dict[str, int] = {}
        switched_off: dict[str, int] = {}
        owners = self._taken.owners_of(units.points(self._layer)) if self._is_shared else None
        absent = np.zeros(units.size, np.bool_) if units.is_missing is None else units.is_missing
        for place, split in enumerate(self._splits):
            # Without a unit there is no point: such rows have point 0, and so are in the first experiment.
            rows = np.arange(units.size) if owners is None else np.flatnonzero(owners == place)
            arms[rows] = split.arms_of(units.points(split.name)[rows])
            lost, off = rows[absent[rows]], rows[(arms[rows] < 0) & ~absent[rows]]
            missing |= {split.name: len(lost)} if len(lost) else {}
            switched_off |= {split.name: len(off)} if len(off) else {}
            for each in (lost, off):
                arms[each], undrawn[each] = split.default, True
        return Assignment(arms, undrawn if undrawn.any() else None, missing, switched_off)


class _Split:
    """The variants of one experiment, numbered from its first arm on."""

    def __init__(self, experiment: ExperimentSettings, first: int) -> None:
        self.name = experiment.name
        self.default = first + experiment.variants.index(experiment.default)
        self.has_disabled = not all(each.enabled for each in experiment.variants)
        self._intervals: Intervals = variant_intervals(experiment, shares_of(experiment))
        arms = [first + place if each.enabled else -1 for place, each in enumerate(experiment.variants)]
        self._arms = np.array(arms, np.int16)

    def arms_of(self, points: NDArray[np.uint64]) -> NDArray[np.int16]:
        """Return the arm of each point; -1 where it is switched off."""
        found: NDArray[np.int16] = self._arms[self._intervals.owners_of(points)]
        return found


def _arms(experiment: ExperimentSettings) -> tuple[Arm, ...]:
    default, shares = experiment.default, shares_of(experiment)
    return tuple(
        Arm(
            experiment.name,
            each.name,
            each.model_name,
            each.model_version,
            each == default,
            float(shares[each.name] / 100) if each.enabled else math.nan,
        )
        for each in experiment.variants
    )
