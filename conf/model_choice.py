"""Agreement of `ml.models` with `job.inference`: an entry describes a version, and the job says which version serves.

Rules:
- `job.inference.model_version` pins the job. Where `ml.models` lists versions of that model, it lists
  the pinned one.
- Without it the highest version that `ml.models` gives a file (`path`) serves; without such a file
  the registry decides.
- A version with `enabled: false` never serves.
"""

from __future__ import annotations

from collections.abc import Iterator

from conf.job import InferenceSettings
from conf.ml import MlSettings
from conf.model_registry import ModelSettings
from conf.types.grammar import full_version
from conf.types.refusal import Refusal

_INFERENCE = ("job", "inference")
_PINNED = (*_INFERENCE, "model_version")
_FALLBACK = (*_INFERENCE, "fallback_version")


def entry_of(ml: MlSettings, name: str, version: str) -> ModelSettings | None:
    """Return the entry of a version in `ml.models`; None: it is not listed."""
    wanted = (name, full_version(version))
    return next((each for each in ml.models if (each.name, full_version(each.version)) == wanted), None)


def files_of(ml: MlSettings, name: str) -> list[ModelSettings]:
    """Return the entries that give a version of a model a file of its own."""
    return [each for each in ml.models if each.name == name and each.path is not None]


def follows_registry(ml: MlSettings, inference: InferenceSettings) -> bool:
    """Return whether promotions reach a job: it has neither a version nor a file."""
    return not inference.model_version and not files_of(ml, inference.model_name)


def contradictions(ml: MlSettings, inference: InferenceSettings) -> Iterator[Refusal]:
    """Yield a refusal for each pair of settings that name different versions of the job's model."""
    listed = {index: each for index, each in enumerate(ml.models) if each.name == inference.model_name}
    on = {index: each for index, each in listed.items() if each.enabled}
    if inference.model_version:
        yield from _of_pin(listed, on, full_version(inference.model_version))
    else:
        yield from _of_files(on)
    if inference.fallback_version:
        yield from _of_fallback(listed, inference)


def _of_pin(
    listed: dict[int, ModelSettings], on: dict[int, ModelSettings], pinned: str
) -> Iterator[Refusal]:
    yield from _of_switched_off(listed, pinned, _PINNED)
    others = [index for index, each in listed.items() if full_version(each.version) != pinned]
    if on and len(others) == len(listed):
        first, *rest = (("ml", "models", index, "version") for index in on)
        hint = "name the same version in both, or leave out the entry of ml.models"
        expected = "one version of the job's model"
        yield Refusal(expected, first, hint, against=(*rest, _PINNED))


def _of_files(on: dict[int, ModelSettings]) -> Iterator[Refusal]:
    """Refuse a choice between a file and the registry, which neither setting makes."""
    files = [index for index, each in on.items() if each.path is not None]
    others = [("ml", "models", index, "version") for index, each in on.items() if each.path is None]
    if files and others:
        hint = "name one in job.inference.model_version"
        yield Refusal(
            "one version of the job's model",
            ("ml", "models", files[0], "version"),
            hint,
            against=tuple(others),
        )


def _of_fallback(listed: dict[int, ModelSettings], inference: InferenceSettings) -> Iterator[Refusal]:
    fallback = full_version(inference.fallback_version)
    yield from _of_switched_off(listed, fallback, _FALLBACK)
    if fallback == full_version(inference.model_version):
        yield Refusal("another version than the job's own", _FALLBACK, against=(_PINNED,))
    if not inference.model_version and not any(each.path for each in listed.values() if each.enabled):
        hint = "leave it out: the deployed previous version is the fallback; or pin job.inference.model_version"
        yield Refusal("'', as the registry chooses the job's version", _FALLBACK, hint)


def _of_switched_off(listed: dict[int, ModelSettings], version: str, asked: tuple[str, ...]) -> Iterator[Refusal]:
    for index, each in listed.items():
        if not each.enabled and full_version(each.version) == version:
            at = ("ml", "models", index, "enabled")
            hint = "enable the version, or name another"
            yield Refusal("true, as the job names this version", at, hint, against=(asked,))
