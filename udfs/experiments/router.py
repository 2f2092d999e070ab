"""Routing of a batch: the arm that answers each row, over all experiments of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
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
    """

    experiment: str
    variant: str
    model_name: str
    model_version: str
    is_default: bool


@dataclass(frozen=True)
class Assignment:
    """The arms of the n rows of a batch.

    Attributes:
        arms: (n,) places in ``Router.arms``; -1: the row takes part in no experiment.
        propensity: (n,) probability with which the row's unit got its arm; NaN: it was not drawn.
        missing: rows without a unit, by experiment.
        switched_off: rows whose arm is switched off, by experiment.
    """

    arms: NDArray[np.int16]
    propensity: NDArray[np.float64]
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
        size = units.size
        arms, propensity = np.full(size, -1, np.int16), np.full(size, np.nan)
        missing: dict[str, int] = {}
        switched_off: dict[str, int] = {}
        owners = self._taken.owners_of(units.points(self._layer)) if self._is_shared else None
        for place, split in enumerate(self._splits):
            rows = slice(None) if owners is None else np.flatnonzero(owners == place)
            drawn, probability, is_off = split.draw(units.points(split.name)[rows])
            absent = None if units.is_missing is None else units.is_missing[rows]
            if absent is not None and absent.any():
                # Without a unit there is no point, and the first experiment has as much right as any.
                missing[split.name] = int(np.count_nonzero(absent))
                drawn, probability = split.without(drawn, probability, absent)
                is_off = is_off & ~absent
            if is_off.any():
                switched_off[split.name] = int(np.count_nonzero(is_off))
            arms[rows], propensity[rows] = drawn, probability
        return Assignment(arms, propensity, missing, switched_off)


class _Split:
    """The variants of one experiment, numbered from its first arm on."""

    def __init__(self, experiment: ExperimentSettings, first: int) -> None:
        self.name = experiment.name
        self._default = first + experiment.variants.index(experiment.default)
        shares = shares_of(experiment)
        self._intervals: Intervals = variant_intervals(experiment, shares)
        variants = experiment.variants
        # By the variant that the split gives: the arm that answers, and its probability.
        self._arms = np.array(
            [first + place if each.enabled else self._default for place, each in enumerate(variants)], np.int16
        )
        drawn = [_probability(shares[each.name]) if each.enabled else np.nan for each in variants]
        self._probabilities = np.array(drawn)

    def draw(self, points: NDArray[np.uint64]) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.bool_]]:
        """Return the arm of each point, its probability, and whether it stands in for one that is switched off."""
        owners = self._intervals.owners_of(points)
        probabilities = self._probabilities[owners]
        return self._arms[owners], probabilities, np.isnan(probabilities)

    def without(
        self, arms: NDArray[np.int16], probabilities: NDArray[np.float64], absent: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
        """Return arms and probabilities with the default variant for rows that have no unit."""
        return np.where(absent, np.int16(self._default), arms), np.where(absent, np.nan, probabilities)


def _arms(experiment: ExperimentSettings) -> tuple[Arm, ...]:
    default = experiment.default
    return tuple(
        Arm(experiment.name, each.name, each.model_name, each.model_version, each == default)
        for each in experiment.variants
    )


def _probability(share: Fraction) -> float:
    return float(share / 100)
