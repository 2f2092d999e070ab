"""Weights of an experiment's variants, exact, as the registry gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from conf.experiments.ab_testing import ALL, ExperimentSettings
from models.registry.experiment_state import ExperimentState


@dataclass(frozen=True)
class Weights:
    """Weights of one experiment.

    Attributes:
        shares: percentage of each variant by name; they sum to 100.
        step: step of the ramp, or the number of changes so far.
    """

    shares: Mapping[str, Fraction]
    step: int = 0


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
