"""From settings to a model that is ready to score: which version, which file, and whether it fits the features."""

from __future__ import annotations

from pathlib import Path

from conf.resolve import resolve_location
from conf.settings import InferenceSettings, MlSettings, ModelSettings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.loaded import LoadedModel, load_model
from models.registry import LocalRegistry
from models.runtimes.options import RuntimeOptions
from models.spec import ModelSpec, read_spec
from models.version import Version
from udfs.features.feature_set import FeatureSet

# TensorFlow's models run as TFLite files.
_RUNS_AS = {"onnx": "onnx", "tflite": "tflite", "tensorflow": "tflite", "custom": "custom"}


def open_model(ml: MlSettings, inference: InferenceSettings, features: FeatureSet) -> LoadedModel:
    """Load the model that a job asks for, check it against the job's features, and warm it up.

    Raises:
        ModelError: nothing of that name or version, a file that is damaged or no model, or a model of other features.
    """
    spec, path, entry = find_model(ml, inference)
    columns = inference.feature_fields or features.columns
    unknown = [name for name in columns if name not in features.columns]
    if unknown:
        problem = (
            f"wants feature_fields that feature set {features.name!r} does not have: {', '.join(unknown)}"
        )
        raise ModelError(spec.ref, problem, f"it has {', '.join(features.columns)}")
    options = RuntimeOptions(
        enable_gpu=ml.inference.enable_gpu,
        gpu_device_ids=ml.inference.gpu_device_ids,
        max_concurrency=inference.max_concurrency,
    )
    model = load_model(spec, path, options, feature_columns=columns, feature_set_hash=features.hash)
    if entry is None or entry.warmup_on_load:
        model.warmup(1)
    return model


def find_model(ml: MlSettings, inference: InferenceSettings) -> tuple[ModelSpec, Path, ModelSettings | None]:
    """Return spec, file and settings entry of a job's model; an entry's ``path`` wins over the registry."""
    entry = _entry(ml, inference)
    if entry is not None and not entry.enabled:
        problem = "is switched off by `enabled: false` in ml.models"
        subject = f"model {entry.name}@{entry.version}"
        raise ModelError(subject, problem, "enable it, or name another version")
    if entry is not None and entry.path is not None:
        return *_bare(entry, Path(resolve_location(entry.path))), entry
    spec, path = _registry(ml).resolve(inference.model_name, inference.model_version)
    if entry is not None and _RUNS_AS[entry.type] != _RUNS_AS[spec.type]:
        raise ModelError(spec.ref, f"is of type {spec.type}, and ml.models says {entry.type}", "correct ml.models")
    return spec, path, entry


def _entry(ml: MlSettings, inference: InferenceSettings) -> ModelSettings | None:
    named = [entry for entry in ml.models if entry.name == inference.model_name]
    if not inference.model_version:
        # Without a version the registry's primary counts; a bare file has no registry that could know it.
        named = [entry for entry in named if entry.path is not None]
        return max(named, key=lambda entry: Version.parse(entry.version), default=None)
    wanted = Version.parse(inference.model_version)
    return next((entry for entry in named if Version.parse(entry.version) == wanted), None)


def _bare(entry: ModelSettings, path: Path) -> tuple[ModelSpec, Path]:
    beside = path.with_name("model.json")
    if beside.is_file() and read_spec(beside).file == path.name:
        return read_spec(beside), path
    if entry.type == "custom":
        problem = "is of type custom, which needs a runtime of its own"
        subject = f"model {entry.name}@{entry.version}"
        raise ModelError(subject, problem, "export it to onnx or tflite")
    tags = tuple(f"{name}={value}" for name, value in entry.tags.items())
    described = {"type": entry.type, "tags": tags, "description": entry.description}
    return spec_from_file(path, entry.name, entry.version, **described), path


def _registry(ml: MlSettings) -> LocalRegistry:
    kind, base = ml.model_registry.type, ml.model_registry.base_path
    if kind != "local" or "://" in base:
        problem = f"is of type {kind}, which this version cannot read"
        subject = f"model registry {base}"
        raise ModelError(subject, problem, "use type local with a folder that every worker sees")
    return LocalRegistry(Path(resolve_location(base)))
