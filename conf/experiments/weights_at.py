"""Weights of an experiment's variants as the settings have them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from conf.experiments.ab_testing import ALL, ExperimentSettings


def weights_at(experiment: ExperimentSettings, step: int = 0) -> Mapping[str, Fraction]:
    """Return the weight of each variant in percent at a step of its ramp, or without a ramp; they sum to 100.

    A bandit without weights starts with even ones. A variant that is switched off keeps a weight only where the enabled
    ones do not sum to 100. The one that a ramp grows always keeps it, so that its units stay the same when it is
    switched on again.

    Args:
        experiment: the experiment.
        step: place in the steps of its ramp, from 0; without a ramp 0.

    Raises:
        IndexError: there is no such step.
    """
    if experiment.ramp is None:
        if step:
            msg = f"experiment {experiment.name} has no ramp, so it has no step {step}"
            raise IndexError(msg)
        if experiment.bandit is not None and not any(each.share for each in experiment.variants):
            enabled = sum(each.enabled for each in experiment.variants)
            return {each.name: ALL / enabled if each.enabled else Fraction(0) for each in experiment.variants}
        on = sum((each.share for each in experiment.variants if each.enabled), Fraction(0))
        return {each.name: each.share if each.enabled or on != ALL else Fraction(0) for each in experiment.variants}
    grown, steps = experiment.ramped, experiment.ramp.steps
    if not 0 <= step < len(steps):
        msg = f"the ramp of experiment {experiment.name} has steps 0 to {len(steps) - 1}, but no step {step}"
        raise IndexError(msg)
    share = Fraction(str(steps[step]))
    others = {each.name: each.share for each in experiment.variants if each.enabled and each != grown}
    total = sum(others.values(), Fraction(0))
    return {
        each.name: share if each == grown else (ALL - share) * others.get(each.name, Fraction(0)) / total
        for each in experiment.variants
    }
