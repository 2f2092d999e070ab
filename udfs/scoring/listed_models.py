"""Versions that `ml.models` lists: their files, their specs, and the check that each can be loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conf.loading.resolve import resolve_location
from conf.model_choice import entry_of
from conf.settings import MlSettings, ModelSettings
from models.errors import ModelError, fail
from models.inspect import spec_from_file
from models.registry import open_registry
from models.runtimes.options import RuntimeOptions
from models.scoring.loaded import load_model
from models.spec import ModelSpec, read_spec
from models.version import Version

# TensorFlow models run as TFLite files.
_RUNS_AS = {"onnx": "onnx", "tflite": "tflite", "tensorflow": "tflite", "custom": "custom"}


def find_entry(ml: MlSettings, entry: ModelSettings) -> tuple[ModelSpec, Path]:
    """Return spec and file of a listed version, from its ``path`` or from the registry.

    Raises:
        ModelError: the version is switched off, is not there, or is not what its entry says.
    """
    if not entry.enabled:
        _refuse_switched_off(entry)
    if entry.path is None:
        spec, path = open_registry(ml.model_registry).resolve(entry.name, entry.version)
    else:
        path = Path(resolve_location(entry.path))
        spec = _spec_of(ml, entry, path)
    return described(spec, entry), path


def described(spec: ModelSpec, entry: ModelSettings) -> ModelSpec:
    """Return a spec with the tags and the description of its entry, which win over its own.

    Raises:
        ModelError: the version is switched off, or its entry gives another type.
    """
    if not entry.enabled:
        _refuse_switched_off(entry)
    if _RUNS_AS[entry.type] != _RUNS_AS[spec.type]:
        fail(spec.ref, f"is of type {spec.type}, and ml.models says {entry.type}", "correct ml.models")
    return with_texts(spec, entry)


def with_texts(spec: ModelSpec, entry: ModelSettings) -> ModelSpec:
    """Return a spec with the tags and the description of its entry; tags of the same name are replaced."""
    own = (tag for tag in spec.tags if tag.partition("=")[0] not in entry.tags)
    tags = (*own, *(f"{name}={value}" for name, value in entry.tags.items()))
    return spec.model_copy(update={"tags": tags, "description": entry.description or spec.description})


def in_settings(ml: MlSettings) -> Callable[[ModelSpec], ModelSpec]:
    """Return a function that gives a spec the texts of its entry, if it is listed."""

    def describe(spec: ModelSpec) -> ModelSpec:
        entry = entry_of(ml, spec.name, spec.version)
        return spec if entry is None else with_texts(spec, entry)

    return describe


def spec_of_version(ml: MlSettings, name: str, version: str) -> ModelSpec:
    """Return the spec of a version as settings and registry describe it.

    Raises:
        ModelError: the version is neither listed with a file nor in the registry.
    """
    entry = entry_of(ml, name, version)
    if entry is not None and entry.path is not None:
        return find_entry(ml, entry)[0]
    return in_settings(ml)(open_registry(ml.model_registry).spec(name, version))


def check_listed(ml: MlSettings, but: ModelSettings | None = None) -> list[tuple[int, ModelError]]:
    """Return why versions that `ml.models` lists cannot be loaded, each with its place in the list.

    Those switched off are not opened.

    Args:
        ml: settings with the models and their registry.
        but: the entry that the job serves, which is checked against its features elsewhere.
    """
    problems = []
    for place, entry in enumerate(ml.models):
        if entry.enabled and entry != but:
            try:
                try_out(*find_entry(ml, entry), warms_up=entry.warmup_on_load)
            except ModelError as error:
                problems.append((place, error))
    return problems


def try_out(spec: ModelSpec, path: Path, *, warms_up: bool = True) -> None:
    """Load a version by itself, whatever features it will be given, and close it.

    Raises:
        ModelError: its file cannot be loaded, or is not what its spec says.
    """
    model = load_model(spec, path, RuntimeOptions())
    try:
        if warms_up:
            model.warmup(1)
    finally:
        model.close()


def _spec_of(ml: MlSettings, entry: ModelSettings, path: Path) -> ModelSpec:
    beside = path.with_name("model.json")
    if beside.is_file():
        spec = read_spec(beside)
        if spec.file == path.name:
            _check_agreement(ml, entry, spec, beside)
            return spec
    if entry.type == "custom":
        fail(
            f"model {entry.name}@{entry.version}",
            "is of type custom, which needs a runtime of its own",
            "export it to onnx or tflite",
        )
    return spec_from_file(path, entry.name, entry.version, type=entry.type)


def _check_agreement(ml: MlSettings, entry: ModelSettings, spec: ModelSpec, beside: Path) -> None:
    """Refuse an entry that names another model or version than the model.json beside its file."""
    said = {"name": entry.name, "version": str(Version.parse(entry.version))}
    for key, found in (("name", spec.name), ("version", spec.version)):
        if said[key] != found:
            fail(
                f"ml.models.{ml.models.index(entry)}.{key} and {beside}:",
                f"expected one {key} of {entry.path}, got {said[key]!r} and {found!r}",
                "correct one of them",
            )


def _refuse_switched_off(entry: ModelSettings) -> None:
    fail(
        f"model {entry.name}@{entry.version}",
        "is switched off by `enabled: false` in ml.models",
        "enable it, or name another version",
    )
