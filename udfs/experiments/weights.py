"""Present weights of a job's experiments: those of the settings, or those that a registry's deployments hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from conf.experiments.ab_testing import ALL, ExperimentSettings
from conf.experiments.weights_at import weights_at
from models.registry import ExperimentState


@dataclass(frozen=True)
class Weights:
    """Weights of one experiment.

    Attributes:
        shares: percentage of each variant by name; they sum to 100.
        step: step of the ramp, or the number of changes so far.
    """

    shares: Mapping[str, Fraction]
    step: int = 0


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


def weights_of(experiment: ExperimentSettings, state: ExperimentState) -> Weights | None:
    """Return the weights that a state gives an experiment's variants; None: it does not fit the experiment.

    A variant that the state does not name gets no units.
    """
    names = [each.name for each in experiment.variants]
    if not state.is_whole or not set(state.weights) <= set(names):
        return None
    written = {name: Fraction(str(state.weights.get(name, 0))) for name in names}
    # Thirds of 100 are no floats, so their sum may miss it by a little.
    total = sum(written.values(), Fraction(0))
    return Weights({name: share * ALL / total for name, share in written.items()}, state.step)
