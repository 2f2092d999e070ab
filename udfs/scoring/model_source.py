"""Opening of the model that settings describe: choice of version and file, and check against the features."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from conf.model_choice import entry_of, files_of, follows_registry
from conf.settings import InferenceSettings, MlSettings, ModelSettings
from models.errors import fail
from models.registry import open_registry
from models.runtimes.options import RuntimeOptions
from models.runtimes.time_limit import TRY_OUT_S, time_limit
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.signature import bind_inputs
from models.serving.fitness import check_golden
from models.serving.live import LiveModel, SwapOptions
from models.serving.pool import LIVE_MODELS
from models.serving.source import FixedModel, ModelSource
from models.serving.versions import DeployedVersions, Opener
from models.spec import ModelSpec
from models.version import Version
from udfs.features.feature_set import FeatureSet
from udfs.logs import fields
from udfs.scoring.listed_models import described, find_entry
from udfs.scoring.swap_log import SwapLog

_LOG = logging.getLogger("gress.models")


def open_models(ml: MlSettings, inference: InferenceSettings, features: FeatureSet, *, job: str = "") -> ModelSource:
    """Return the source of a job's model: the registry's current primary, or the pinned model.

    A version or a bare file in the job's settings pins the model. The operators of a job in a process share one live
    model.

    Args:
        ml: settings of models and their registry.
        inference: the job's choice of a model.
        features: the job's features.
        job: name of the job in metrics.

    Raises:
        ModelError: as ``open_model``; if the deployed version may not serve, the previous one does.
    """
    if not follows_registry(ml, inference):
        return _fixed(ml, inference, features, SwapLog(job))
    registry = ml.model_registry
    options = SwapOptions(
        watch_interval_s=registry.watch_interval_ms / 1000,
        budget_s=ml.inference.max_latency_ms / 1000,
        max_loaded=registry.max_loaded,
        max_loaded_bytes=registry.max_loaded_mib << 20,
    )

    def make() -> LiveModel:
        opener = opener_for(ml, inference, features)
        versions = DeployedVersions(open_registry(registry), inference.model_name, opener)
        return LiveModel(versions, options, SwapLog(job))

    choice = (inference.model_name, inference.feature_fields, inference.max_concurrency)
    return LIVE_MODELS.acquire(repr((job, ml, *choice, features.hash, features.fields)), make)


def opener_for(ml: MlSettings, inference: InferenceSettings, features: FeatureSet) -> Opener:
    """Return the function that loads a version from a registry and checks it against a job's features."""

    def load(spec: ModelSpec, path: Path) -> LoadedModel:
        entry = entry_of(ml, spec.name, spec.version)
        return _load(ml, inference, features, (spec if entry is None else described(spec, entry), path, entry))

    return load


def _fixed(ml: MlSettings, inference: InferenceSettings, features: FeatureSet, log: SwapLog) -> FixedModel:
    def open_logged(wanted: InferenceSettings) -> LoadedModel:
        start = time.perf_counter()
        model = open_model(ml, wanted, features)
        log.loaded(model, time.perf_counter() - start)
        return model

    model = open_logged(inference)
    log.pinned(model)
    if not inference.fallback_version:
        return FixedModel(model, listener=log)
    try:
        other = inference.model_copy(update={"model_version": inference.fallback_version})
        return FixedModel(model, open_logged(other), log)
    except BaseException:
        model.close()
        raise


def open_model(ml: MlSettings, inference: InferenceSettings, features: FeatureSet) -> LoadedModel:
    """Load a job's model, check it against the job's features and its golden rows, and warm it up.

    Raises:
        ModelError: there is no such model or version, the file is damaged or no model, the features differ, or it does
            not answer in time.
    """
    model = _load(ml, inference, features, find_model(ml, inference))
    try:
        with time_limit(TRY_OUT_S):
            if model.spec.golden is not None:
                check_golden(model, model.spec.golden)
            if model.warms_up:
                model.warmup(1)
    except BaseException:
        model.close()
        raise
    return model


def _load(
    ml: MlSettings,
    inference: InferenceSettings,
    features: FeatureSet,
    found: tuple[ModelSpec, Path, ModelSettings | None],
) -> LoadedModel:
    spec, path, entry = found
    columns = inference.feature_fields or features.columns
    unknown = [name for name in columns if name not in features.columns]
    if unknown:
        fail(
            spec.ref,
            f"wants feature_fields that feature set {features.name!r} does not have: {', '.join(unknown)}",
            f"it has {', '.join(features.columns)}",
        )
    options = RuntimeOptions(
        enable_gpu=ml.inference.enable_gpu,
        gpu_device_ids=ml.inference.gpu_device_ids,
        max_concurrency=inference.max_concurrency,
    )
    model = load_model(
        spec, path, options, feature_columns=columns, feature_set_hash=features.hash, fields=features.fields
    )
    model.warms_up = entry is None or entry.warmup_on_load
    if spec.feature_set_hash is None:
        _warn_of_unknown_features(spec.ref)
    return model


@cache
def _warn_of_unknown_features(ref: str) -> None:
    """Log once in a process that it is unknown whether a model gets the features that it was trained on."""
    _LOG.warning(
        "%s does not say which feature set it was trained on, so nobody checks that the job computes the same; "
        "register it with --features FILE of `gress features export`",
        ref,
        extra=fields("features_unchecked", model=ref),
    )


def find_model(ml: MlSettings, inference: InferenceSettings) -> tuple[ModelSpec, Path, ModelSettings | None]:
    """Return spec, file and settings entry of a job's model; the ``path`` of an entry wins over the registry."""
    entry = served_entry(ml, inference)
    if entry is not None:
        return *find_entry(ml, entry), entry
    spec, path = open_registry(ml.model_registry).resolve(inference.model_name, inference.model_version)
    entry = entry_of(ml, spec.name, spec.version)
    return (spec, path, None) if entry is None else (described(spec, entry), path, entry)


def raw_fields(ml: MlSettings, choices: Iterable[InferenceSettings], features: FeatureSet) -> tuple[str, ...]:
    """Return the fields of the events that models read raw.

    Args:
        ml: settings of models and their registry.
        choices: of the models.
        features: the job's features.

    Raises:
        ModelError: there is no such model or version, or its inputs do not fit the job.
    """
    found: dict[str, None] = {}
    for inference in choices:
        spec, _, _ = find_model(ml, inference)
        columns = inference.feature_fields or features.columns
        found |= dict.fromkeys(bind_inputs(spec, spec.inputs, columns, features.fields).raw)
    return tuple(found)


def served_entry(ml: MlSettings, inference: InferenceSettings) -> ModelSettings | None:
    """Return the entry of `ml.models` that the job's settings choose; None: they choose none, the registry does."""
    if inference.model_version:
        return entry_of(ml, inference.model_name, inference.model_version)
    # Without a version the registry's primary counts, except for a bare file, which is in no registry.
    files = files_of(ml, inference.model_name)
    on = [entry for entry in files if entry.enabled] or files
    return max(on, key=lambda entry: Version.parse(entry.version), default=None)
