"""Options that every command on a registry has, and the answer it gives: a document or a table."""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, get_type_hints

import typer

from gress.cli.flags import shared_flags

if TYPE_CHECKING:
    from conf.settings import MlSettings, Settings
    from models.registry import Registry

_OPTIONS: dict[str, tuple[Any, object]] = {
    "place": (shared_flags.Registry, None),
    "overrides": (shared_flags.Set, None),
    "is_json": (shared_flags.Json, False),
}
"""Annotation and default of each option but --config, by the name of its parameter."""

_CONFIG_HELP = "YAML file with ml.model_registry."


@dataclass(frozen=True)
class RegistryCall:
    """A command's registry, and the form of its answer.

    Attributes:
        registry: the open registry.
        is_json: whether the command answers with one JSON document.
        ml: the settings that it was opened with.
        config: the file of these settings; None: there is none.
        overrides: settings that win over the file.
    """

    registry: Registry
    is_json: bool
    ml: MlSettings
    config: Path | None = None
    overrides: tuple[str, ...] = ()

    def answer(self, document: Mapping[str, Any], show: Callable[[], None]) -> None:
        """Print the document with the registry's URL before it, or call ``show`` to print a table."""
        from gress.cli.console import print_json

        if self.is_json:
            print_json({"registry": self.registry.url, **document})
        else:
            show()


def on_registry(command: Callable[..., None], *, config_help: str = _CONFIG_HELP) -> Callable[..., None]:
    """Give a command the options of a registry; its first parameter becomes the `RegistryCall`.

    Args:
        command: the command.
        config_help: what its settings are to have.
    """

    @functools.wraps(command)
    def run(place: str | None, config: Path | None, overrides: list[str] | None, is_json: bool, **given: Any) -> None:
        from models.registry import open_registry

        ml = _settings(place, config, overrides)
        call = RegistryCall(open_registry(ml.model_registry), is_json, ml, config, tuple(overrides or ()))
        try:
            command(call, **given)
        finally:
            is_chosen = place is not None or config is not None or given.get("checkpoint_dir") is not None
            if not is_chosen and not any("model_registry" in each for each in call.overrides):
                _note_others(call.registry.url)

    hints = get_type_hints(command, include_extras=True)
    own = [
        each.replace(annotation=hints[each.name]) for each in list(inspect.signature(command).parameters.values())[1:]
    ]
    shared = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation)
        for name, (annotation, default) in (_OPTIONS | {"config": _config(config_help)}).items()
    ]
    # typer reads both.
    run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in [*own, *shared]}
    return run


def _config(text: str) -> tuple[Any, object]:
    return Annotated[Optional[Path], typer.Option("--config", help=text)], None  # noqa: UP045


def _note_others(used: str) -> None:
    """Say so on standard error where settings in reach name another registry than the one that was used."""
    from gress.other_registries import other_registries

    for line in other_registries(used, Path.cwd()):
        sys.stderr.write(line + "\n")


def _settings(place: str | None, config: Path | None, overrides: list[str] | None) -> MlSettings:
    """Return the settings, with the registry's place replaced; its endpoint, region and cache stay."""
    return settings_with_registry(place, config, overrides).ml


def settings_with_registry(place: str | None, config: Path | None, overrides: list[str] | None) -> Settings:
    """Return the settings of a command with these options; a place of the registry wins over the others."""
    from conf.loading.loader import load_settings, settings_from

    chosen = list(overrides or ())
    if place is not None:
        # Check it by itself first, so that the error names the option.
        settings_from({"ml": {"model_registry": {"base_path": place}}}, origin="--registry")
        quoted = json.dumps(place, ensure_ascii=False)
        # A type of s3 or gcs would turn a folder of this machine into a prefix in the bucket.
        chosen += ["ml.model_registry.type=local", f"ml.model_registry.base_path={quoted}"]
    return load_settings(config, overrides=chosen, environ=os.environ)
