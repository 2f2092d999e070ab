"""Experiments as records of builtins, for people and programs to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from conf.experiments.ab_testing import ExperimentSettings, VariantSettings
from conf.experiments.registry_weights import has_registry_weights
from conf.experiments.weights_at import weights_at
from conf.model_choice import files_of
from conf.settings import MlSettings
from conf.types.grammar import full_version
from models.errors import ModelError
from models.experiments.weights import Weights, weights_of
from models.registry.deployment import Action
from models.registry.errors import RegistryError
from models.version import Version

if TYPE_CHECKING:
    from models.registry import ExperimentState, Registry


@dataclass(frozen=True)
class VariantSummary:
    """One variant.

    Attributes:
        name: unique in the experiment.
        model: name of its model.
        version: version that answers now; None: the registry has none.
        weight: percentage of the experiment's units now.
        is_default: whether it answers where no variant can be drawn.
        enabled: whether it is switched on.
    """

    name: str
    model: str
    version: str | None
    weight: float
    is_default: bool
    enabled: bool


@dataclass(frozen=True)
class ExperimentSummary:
    """One experiment of the settings, and how far it is.

    Attributes:
        name: unique among the experiments.
        layer: layer whose units it shares; None: its own.
        traffic: percentage of the layer's units that take part.
        strategy: purpose for which variants are drawn.
        bandit: goal and floor of a bandit, in words; None: there is none.
        unit: event field that has the units; None: each event is one.
        shadow: whether every variant predicts.
        variants: its variants.
        weights_from: whether the weights are those of the settings or of the registry.
        state: ``off`` in the settings; else that of the registry, and ``running`` before the first change.
        step: number of changes so far.
        since: time of the last change; None: there was none.
    """

    name: str
    layer: str | None
    traffic: float
    strategy: str
    bandit: str | None
    unit: str | None
    shadow: bool
    variants: tuple[VariantSummary, ...]
    weights_from: Literal["settings", "registry"]
    state: Literal["off", "running", "promoted", "rolled_back"]
    step: int
    since: dt.datetime | None


@dataclass(frozen=True)
class ExperimentChange:
    """One change of an experiment.

    Attributes:
        generation: deployment that made it.
        action: the action; the end of an experiment that promoted its winner is a ``promote``.
        weights: percentage by variant from then on.
        step: number of changes so far.
        state: state from then on.
        by: person or job that acted.
        why: free text.
        at: time of the change.
    """

    generation: int
    action: Action
    weights: Mapping[str, float]
    step: int
    state: Literal["running", "promoted", "rolled_back"]
    by: str
    why: str
    at: dt.datetime


def summarize_experiment(registry: Registry, ml: MlSettings, experiment: ExperimentSettings) -> ExperimentSummary:
    """Return the overview of an experiment; weights that jobs ignore are left out.

    Raises:
        ModelError: the registry cannot be read.
    """
    state = _state(registry, ml, experiment)
    found = None if state is None else weights_of(experiment, state)
    weights = found or Weights(weights_at(experiment))
    is_on = ml.ab_testing.enabled and experiment.enabled
    return ExperimentSummary(
        name=experiment.name,
        layer=experiment.layer,
        traffic=experiment.traffic,
        strategy=experiment.strategy,
        bandit=_bandit_text(experiment),
        unit=experiment.unit,
        shadow=experiment.enable_shadow_mode,
        variants=tuple(_variant(registry, ml, experiment, each, weights) for each in experiment.variants),
        weights_from="settings" if found is None else "registry",
        state="off" if not is_on else state.state if state is not None else "running",
        step=weights.step,
        since=state.since if state is not None else None,
    )


def experiment_history(
    registry: Registry, ml: MlSettings, experiment: ExperimentSettings
) -> tuple[ExperimentChange, ...]:
    """List the changes of an experiment, first one first.

    Raises:
        ModelError: the registry cannot be read.
    """
    if not has_registry_weights(ml, experiment):
        return ()
    found: list[ExperimentChange] = []
    before = None
    for each in registry.deployments(experiment.default.model_name).history():
        state = each.experiments.get(experiment.name)
        if state is not None and state != before:
            change = each.generation, each.action, _in_order(experiment, state.weights), state.step, state.state
            found.append(ExperimentChange(*change, each.by, each.why, each.at))
        before = state
    return tuple(found)


def _bandit_text(experiment: ExperimentSettings) -> str | None:
    rules = experiment.bandit
    return None if rules is None else f"{rules.goal}, at least {float(rules.floor) * 100:g} %"


def _in_order(experiment: ExperimentSettings, weights: Mapping[str, float]) -> Mapping[str, float]:
    """Return weights in the order of the variants, then those of variants that are gone."""
    names = [each.name for each in experiment.variants if each.name in weights]
    return {name: weights[name] for name in dict.fromkeys((*names, *weights))}


def _state(registry: Registry, ml: MlSettings, experiment: ExperimentSettings) -> ExperimentState | None:
    if not has_registry_weights(ml, experiment):
        return None
    latest = registry.deployments(experiment.default.model_name).latest()
    return latest.experiments.get(experiment.name) if latest is not None else None


def _variant(
    registry: Registry, ml: MlSettings, experiment: ExperimentSettings, variant: VariantSettings, weights: Weights
) -> VariantSummary:
    return VariantSummary(
        name=variant.name,
        model=variant.model_name,
        version=_version(registry, ml, variant),
        weight=float(weights.shares[variant.name]),
        is_default=variant == experiment.default,
        enabled=variant.enabled,
    )


def _version(registry: Registry, ml: MlSettings, variant: VariantSettings) -> str | None:
    if variant.model_version:
        return full_version(variant.model_version)
    files = files_of(ml, variant.model_name)
    if files:
        on = [each for each in files if each.enabled] or files
        return str(max(Version.parse(each.version) for each in on))
    try:
        return registry.spec(variant.model_name).version
    except RegistryError:
        raise
    except ModelError:
        return None
