"""Choice of a program's model and features: a model by its name, and features of settings or the model's own inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conf.loading.loader import settings_from
from conf.settings import InferenceSettings, MlSettings, ModelRegistrySettings, Settings
from models.errors import fail
from models.spec import check_name
from models.version import Version
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.scoring.model_source import find_model
from udfs.scoring.own_inputs import own_inputs


@dataclass(frozen=True)
class Choice:
    """A choice of model and features.

    Attributes:
        ml: the registry, the limits of a call and the feature store: no experiments, no listed versions.
        inference: the choice of the model.
        features: features that it is given.
    """

    ml: MlSettings
    inference: InferenceSettings
    features: FeatureSet


def choose(registry: str | Path, model: str, version: str = "", settings: Settings | None = None) -> Choice:
    """Return the choice that a program names.

    Args:
        registry: folder, ``package:NAME`` or URL.
        model: name of the model.
        version: of the model; empty: the promoted one.
        settings: a job whose features are computed; None: the model's own inputs are the columns.

    Raises:
        FeatureError: the job's features cannot be built.
        ModelError: there is no such model or version, nothing names its inputs, or the registry is no place.
    """
    check_place(registry)
    check_name(model)
    version = str(Version.parse(version)) if version else ""
    ml = only_registry(registry, Settings() if settings is None else settings)
    own = {"model_name": model, "model_version": version, "fallback_version": ""}
    if settings is None or settings.job is None:
        inference = InferenceSettings(model_name=model, model_version=version)
        spec, _, _ = find_model(ml, inference)
        return Choice(ml, inference, own_inputs(spec))
    job = settings.job
    return Choice(ml, job.inference.model_copy(update=own), compile_feature_set(job.features, job.events))


def check_place(registry: object) -> None:
    """Refuse what is not the place of a registry, such as one that is open.

    Raises:
        ModelError: it is neither a text nor a path.
    """
    if not isinstance(registry, (str, Path)):
        place = getattr(registry, "url", "")
        fix = f"give its place, {place!r}" if place else "as in 'registry'"
        fail("registry", f"expected a folder, package:NAME or a URL, got {type(registry).__name__}", fix)


def only_registry(registry: str | Path, settings: Settings) -> MlSettings:
    """Return settings of a registry; how often it is watched, limits of a call and the store are those of settings."""
    place = {"ml": {"model_registry": {"base_path": str(registry)}}}
    named = settings_from(place, origin="registry").ml.model_registry
    wanted = {"type": named.type, "base_path": named.base_path}
    watched: ModelRegistrySettings = settings.ml.model_registry.model_copy(update=wanted)
    own = settings.ml
    return MlSettings(model_registry=watched, inference=own.inference, feature_store=own.feature_store)
