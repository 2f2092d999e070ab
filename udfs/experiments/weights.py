"""Present weights of a job's experiments: those of the settings, or those that a registry's deployments hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.weights_at import weights_at
from models.experiments.weights import Weights

AllWeights = Mapping[str, Weights]
"""Weights of each experiment of a job by its name; another object once any of them changed."""


class WeightSource(Protocol):
    """A source of the present weights."""

    @property
    def present(self) -> AllWeights:
        """The present weights; reading them takes no lock."""

    def close(self) -> None:
        """Stop following changes."""


class FixedWeights:
    """The weights that settings give experiments, with the first step of a ramp."""

    def __init__(self, experiments: Iterable[ExperimentSettings]) -> None:
        self.present: AllWeights = {each.name: Weights(weights_at(each)) for each in experiments}

    def close(self) -> None:
        """Do nothing, as nothing is followed."""
