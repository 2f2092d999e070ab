"""Opening of the model that settings describe: choice of version and file, and check against the features."""

from __future__ import annotations

import time
from pathlib import Path

from conf.loading.resolve import resolve_location
from conf.settings import InferenceSettings, MlSettings, ModelSettings
from models.errors import fail
from models.inspect import spec_from_file
from models.registry import open_registry
from models.runtimes.options import RuntimeOptions
from models.scoring.loaded import LoadedModel, load_model
from models.serving.fitness import check_golden
from models.serving.live import LiveModel, SwapOptions
from models.serving.pool import LIVE_MODELS
from models.serving.source import FixedModel, ModelSource
from models.serving.versions import DeployedVersions
from models.spec import ModelSpec, read_spec
from models.version import Version
from udfs.features.feature_set import FeatureSet
from udfs.scoring.swap_log import SwapLog

# TensorFlow models run as TFLite files.
_RUNS_AS = {"onnx": "onnx", "tflite": "tflite", "tensorflow": "tflite", "custom": "custom"}


def open_models(ml: MlSettings, inference: InferenceSettings, features: FeatureSet) -> ModelSource:
    """Return the source of a job's model: the registry's current primary, or the pinned model.

    A version or a bare file in the job's settings pins the model. The operators of a process share one live model.

    Raises:
        ModelError: as ``open_model``; if the deployed version may not serve, the previous one does.
    """
    entry = _entry(ml, inference)
    if inference.model_version or (entry is not None and entry.path is not None):
        return _fixed(ml, inference, features)
    registry = ml.model_registry
    options = SwapOptions(
        watch_interval_s=registry.watch_interval_ms / 1000,
        budget_s=ml.inference.max_latency_ms / 1000,
        max_loaded=registry.max_loaded,
        max_loaded_bytes=registry.max_loaded_mib << 20,
    )

    def load(spec: ModelSpec, path: Path) -> LoadedModel:
        _check_listed(ml, spec)
        return _load(ml, inference, features, spec, path)

    def make() -> LiveModel:
        versions = DeployedVersions(open_registry(registry), inference.model_name, load)
        return LiveModel(versions, options, SwapLog())

    key = (ml, inference.model_name, inference.feature_fields, inference.max_concurrency, features.hash)
    return LIVE_MODELS.acquire(repr(key), make)


def _fixed(ml: MlSettings, inference: InferenceSettings, features: FeatureSet) -> FixedModel:
    log = SwapLog()

    def open_logged(wanted: InferenceSettings) -> LoadedModel:
        start = time.perf_counter()
        model = open_model(ml, wanted, features)
        log.loaded(model, time.perf_counter() - start)
        return model

    model = open_logged(inference)
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
        ModelError: there is no such model or version, the file is damaged or no model, or the features differ.
    """
    spec, path, entry = find_model(ml, inference)
    model = _load(ml, inference, features, spec, path)
    try:
        if spec.golden is not None:
            check_golden(model, spec.golden)
        if entry is None or entry.warmup_on_load:
            model.warmup(1)
    except BaseException:
        model.close()
        raise
    return model


def _load(
    ml: MlSettings, inference: InferenceSettings, features: FeatureSet, spec: ModelSpec, path: Path
) -> LoadedModel:
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
    return load_model(spec, path, options, feature_columns=columns, feature_set_hash=features.hash)


def find_model(ml: MlSettings, inference: InferenceSettings) -> tuple[ModelSpec, Path, ModelSettings | None]:
    """Return spec, file and settings entry of a job's model; the ``path`` of an entry wins over the registry."""
    entry = _entry(ml, inference)
    if entry is not None:
        _check_enabled(entry)
        if entry.path is not None:
            return *_bare(entry, Path(resolve_location(entry.path))), entry
    spec, path = open_registry(ml.model_registry).resolve(inference.model_name, inference.model_version)
    return spec, path, _check_listed(ml, spec)


def _entry(ml: MlSettings, inference: InferenceSettings) -> ModelSettings | None:
    if inference.model_version:
        return _entry_of(ml, inference.model_name, inference.model_version)
    # Without a version the registry's primary counts, except for a bare file, which is in no registry.
    bare = [entry for entry in ml.models if entry.name == inference.model_name and entry.path is not None]
    return max(bare, key=lambda entry: Version.parse(entry.version), default=None)


def _entry_of(ml: MlSettings, name: str, version: str) -> ModelSettings | None:
    wanted = Version.parse(version)
    return next((e for e in ml.models if e.name == name and Version.parse(e.version) == wanted), None)


def _check_listed(ml: MlSettings, spec: ModelSpec) -> ModelSettings | None:
    """Refuse a version that the settings switch off or give another type; return its entry."""
    entry = _entry_of(ml, spec.name, spec.version)
    if entry is not None:
        _check_enabled(entry)
        if _RUNS_AS[entry.type] != _RUNS_AS[spec.type]:
            fail(spec.ref, f"is of type {spec.type}, and ml.models says {entry.type}", "correct ml.models")
    return entry


def _check_enabled(entry: ModelSettings) -> None:
    if not entry.enabled:
        fail(
            f"model {entry.name}@{entry.version}",
            "is switched off by `enabled: false` in ml.models",
            "enable it, or name another version",
        )


def _bare(entry: ModelSettings, path: Path) -> tuple[ModelSpec, Path]:
    beside = path.with_name("model.json")
    if beside.is_file() and read_spec(beside).file == path.name:
        return read_spec(beside), path
    if entry.type == "custom":
        fail(
            f"model {entry.name}@{entry.version}",
            "is of type custom, which needs a runtime of its own",
            "export it to onnx or tflite",
        )
    tags = tuple(f"{name}={value}" for name, value in entry.tags.items())
    described = {"type": entry.type, "tags": tags, "description": entry.description}
    return spec_from_file(path, entry.name, entry.version, **described), path
