"""Opening of the models of a job's arms.

An arm falls back to the default variant's model, for one batch or row, and the default variant to what the job itself
falls back to: the previous version, or its `fallback_version`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conf.experiments.experiment_choice import experiments_of
from conf.experiments.registry_weights import has_registry_weights
from conf.settings import InferenceSettings, MlSettings
from conf.types.grammar import full_version
from models.scoring.loaded import LoadedModel
from models.serving.source import ModelSource
from udfs.experiments.router import Arm
from udfs.features.feature_set import FeatureSet
from udfs.scoring.model_source import open_models

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from models.scoring.inputs import Inputs
    from models.scoring.outputs import Scores

Choice = tuple[str, str]
"""Name and version of a model; the version is empty for the deployed primary."""


class ArmModels:
    """The open models of a job's arms, each once, and the job's own where it is needed.

    Args:
        ml: settings of models and their registry.
        inference: the job's own choice of a model.
        features: the job's features.
        arms: variants of the job's experiments.
        job: name of the job in metrics.

    Raises:
        ModelError: a model cannot be opened; then none is left open.
    """

    def __init__(
        self, ml: MlSettings, inference: InferenceSettings, features: FeatureSet, arms: Iterable[Arm], job: str
    ) -> None:
        self._ml, self._inference, self._features, self._job = ml, inference, features, job
        self._open: dict[Choice, ModelSource] = {}
        self._arms = tuple(arms)
        for arm in self._arms:
            self._source(choice_of(arm))

    def own(self) -> ModelSource:
        """Return the job's own model."""
        return self._source(_own_choice(self._inference))

    def _source(self, choice: Choice) -> ModelSource:
        if choice not in self._open:
            chosen = chosen_model(self._inference, choice)
            try:
                self._open[choice] = open_models(self._ml, chosen, self._features, job=self._job)
            except BaseException:
                self.close()
                raise
        return self._open[choice]

    def sources(self) -> Iterator[tuple[tuple[Arm, ...], ModelSource]]:
        """Yield each source with its fallback, and the arms that it answers for."""
        defaults = {arm.experiment: choice_of(arm) for arm in self._arms if arm.is_default}
        grouped: dict[tuple[Choice, Choice], list[Arm]] = {}
        for arm in self._arms:
            grouped.setdefault((choice_of(arm), defaults[arm.experiment]), []).append(arm)
        for (own, default), arms in grouped.items():
            source = self._open[own]
            yield tuple(arms), source if own == default else WithDefault(source, self._open[default])

    def alone(self) -> Iterator[tuple[Arm, ModelSource]]:
        """Yield the source of each arm without a fallback."""
        for arm in self._arms:
            yield arm, WithDefault(self._open[choice_of(arm)], None)

    def close(self) -> None:
        """Close all models."""
        for source in self._open.values():
            source.close()
        self._open = {}


class WithDefault:
    """The models of one source, with the model of another as their fallback, or without one."""

    def __init__(self, source: ModelSource, default: ModelSource | None) -> None:
        self._source = source
        self._default = default

    def lease(self) -> AbstractContextManager[LoadedModel]:
        """Return the arm's model for one batch."""
        return self._source.lease()

    @contextmanager
    def lease_fallback(self) -> Iterator[LoadedModel | None]:
        """Return the default variant's model for one batch; None: there is no fallback."""
        if self._default is None:
            yield None
            return
        with self._default.lease() as model:
            yield model

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        """Keep rows of a scored batch as the probe for the arm's next model."""
        self._source.observe(inputs, scores)

    def close(self) -> None:
        """Do nothing, as others own the models."""


def answering_arms(ml: MlSettings, inference: InferenceSettings, arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return the arms of a job that may answer rows while it runs.

    Where a registry holds an experiment's weights, each enabled arm may get some later; else only those that have some:
    one without may score as a shadow, elsewhere. The default arm always answers.
    """
    experiments = experiments_of(ml, inference.model_name)
    changing = {each.name for each in experiments if has_registry_weights(ml, each)}
    return tuple(
        arm for arm in arms if arm.is_default or arm.propensity > 0 or (arm.is_enabled and arm.experiment in changing)
    )


def choice_of(arm: Arm) -> Choice:
    """Return the model that an arm names."""
    return _choice(arm.model_name, arm.model_version)


def chosen_model(inference: InferenceSettings, choice: Choice) -> InferenceSettings:
    """Return a job's settings with another choice of a model; its own choice keeps its fallback."""
    if choice == _own_choice(inference):
        return inference
    name, version = choice
    return inference.model_copy(update={"model_name": name, "model_version": version, "fallback_version": ""})


def model_choices(ml: MlSettings, inference: InferenceSettings) -> Iterator[tuple[str, InferenceSettings]]:
    """Yield the choices of a job: its own model, that of its fallback, and those of its experiments.

    Each comes with the path of the setting that makes it.
    """
    yield "job.inference", inference
    if inference.fallback_version:
        yield "job.inference", inference.model_copy(update={"model_version": inference.fallback_version})
    for experiment in experiments_of(ml, inference.model_name):
        at = f"ml.ab_testing.experiments.{ml.ab_testing.experiments.index(experiment)}"
        for index, variant in enumerate(experiment.variants):
            choice = _choice(variant.model_name, variant.model_version)
            if variant.enabled and choice != _own_choice(inference):
                yield f"{at}.variants.{index}", chosen_model(inference, choice)


def _own_choice(inference: InferenceSettings) -> Choice:
    return _choice(inference.model_name, inference.model_version)


def _choice(name: str, version: str) -> Choice:
    return name, full_version(version) if version else ""
