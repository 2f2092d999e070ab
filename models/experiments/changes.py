"""Changes of an experiment, which running jobs follow: other weights, or its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from conf.experiments.ab_testing import ExperimentSettings, VariantSettings
from conf.experiments.registry_weights import has_registry_weights, is_in_registry
from conf.settings import MlSettings
from models.errors import fail
from models.lifecycle.promotion import promotable
from models.registry.experiment_state import ExperimentState

if TYPE_CHECKING:
    from models.registry import Deployment, Deployments, Registry


def find_experiment(ml: MlSettings, name: str) -> ExperimentSettings:
    """Return the experiment of a name.

    Raises:
        ModelError: the settings have no such experiment.
    """
    there = {each.name: each for each in ml.ab_testing.experiments}
    if name not in there:
        fail(f"experiment {name}", "is not in the settings", f"they have {', '.join(there) or 'none'}")
    return there[name]


def set_weights(
    registry: Registry,
    ml: MlSettings,
    experiment: ExperimentSettings,
    weights: Mapping[str, float],
    *,
    now: dt.datetime,
    by: str = "",
    why: str = "",
) -> Deployment:
    """Give the variants of an experiment other weights; an experiment that ended runs again.

    Args:
        registry: registry of the models.
        ml: settings of models.
        experiment: the experiment.
        weights: percentage by variant; a variant that is left out gets 0.
        now: time of the change.
        by: person for the record; "" is user@host.
        why: free text.

    Raises:
        ModelError: there is no such variant, one that is switched off would get units, the weights do not sum to 100,
            the experiment's weights are not in the registry, or somebody else changed them meanwhile.
    """
    for name, weight in weights.items():
        if not _variant(experiment, name).enabled and weight:
            hint = "switch it on in the settings first"
            fail(f"variant {name} of experiment {experiment.name}", "gets no units: it is switched off", hint)
    deployments = _deployments(registry, ml, experiment)
    latest = deployments.latest()
    shared = {each.name: float(weights.get(each.name, 0)) for each in experiment.variants}
    state = ExperimentState(weights=shared, step=_next_step(experiment, latest), since=now)
    expected = latest.generation if latest is not None else 0
    done = deployments.set_experiment(
        experiment.name, state, action="advance", by=by, why=why, expected_generation=expected
    )
    if done is None:
        _fail_overtaken(experiment)
    return done


def end_experiment(
    registry: Registry,
    ml: MlSettings,
    experiment: ExperimentSettings,
    winner: str,
    *,
    now: dt.datetime,
    by: str = "",
    why: str = "",
) -> Deployment:
    """Give all units to one variant, and promote its version unless it is the default variant or names no version.

    A version of the default variant's model is promoted in the same generation, that of another model right after it.
    An experiment that ended this way already stays as it is.

    Args:
        registry: registry of the models.
        ml: settings of models.
        experiment: the experiment.
        winner: name of the variant.
        now: time of the change.
        by: person or job for the record; "" is user@host.
        why: free text.

    Raises:
        ModelError: there is no such variant, it is switched off, its version may not be promoted, the experiment's
            weights are not in the registry, or somebody else changed them meanwhile.
    """
    variant = _variant(experiment, winner)
    if not variant.enabled:
        fail(f"variant {winner} of experiment {experiment.name}", "cannot win: it is switched off")
    deployments = _deployments(registry, ml, experiment)
    latest = deployments.latest()
    state = ExperimentState(
        weights={each.name: 100.0 if each == variant else 0.0 for each in experiment.variants},
        step=_next_step(experiment, latest),
        state="rolled_back" if variant == experiment.default else "promoted",
        since=now,
    )
    version = _promoted(registry, ml, experiment, variant, by)
    if version is None and latest is not None and _is_same_end(latest.experiments.get(experiment.name), state):
        return latest
    is_own = variant.model_name == experiment.default.model_name
    done = deployments.set_experiment(
        experiment.name,
        state,
        action="end",
        by=by,
        why=why,
        expected_generation=latest.generation if latest is not None else 0,
        primary=version if is_own else None,
    )
    if done is None:
        _fail_overtaken(experiment)
    if version is not None and not is_own:
        registry.deployments(variant.model_name).promote(version, by=by, why=why, experiment=experiment.name)
    return done


def _deployments(registry: Registry, ml: MlSettings, experiment: ExperimentSettings) -> Deployments:
    if not has_registry_weights(ml, experiment):
        problem = "has the weights of the settings, as the default variant's model is a file"
        fail(f"experiment {experiment.name}", problem, "register the model, and leave out its path")
    return registry.deployments(experiment.default.model_name)


def _variant(experiment: ExperimentSettings, name: str) -> VariantSettings:
    there = {each.name: each for each in experiment.variants}
    if name not in there:
        fail(f"experiment {experiment.name}", f"has no variant {name!r}", f"it has {', '.join(there)}")
    return there[name]


def _next_step(experiment: ExperimentSettings, latest: Deployment | None) -> int:
    state = latest.experiments.get(experiment.name) if latest is not None else None
    return 1 if state is None else state.step + 1


def _is_same_end(found: ExperimentState | None, wanted: ExperimentState) -> bool:
    return found is not None and found.state == wanted.state and dict(found.weights) == dict(wanted.weights)


def _promoted(
    registry: Registry, ml: MlSettings, experiment: ExperimentSettings, winner: VariantSettings, by: str
) -> str | None:
    """Return the version that a winner's end promotes, once it may be; None: there is nothing to promote."""
    if winner == experiment.default or not winner.model_version or not is_in_registry(ml, winner):
        return None
    version = promotable(registry, winner.model_name, winner.model_version, by=by)
    latest = registry.deployments(winner.model_name).latest()
    return None if latest is not None and latest.primary == version else version


def _fail_overtaken(experiment: ExperimentSettings) -> NoReturn:
    look = f"look at `gress experiments status {experiment.name}` and try again"
    fail(f"experiment {experiment.name}", "was changed by somebody else at the same time", look)
