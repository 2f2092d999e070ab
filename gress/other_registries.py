"""Registries that nearby settings files name, for a command that was not given one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from conf.errors import ConfigError
from conf.loading.loader import load_settings, read_raw
from models.errors import ModelError
from models.registry.location import place_of

_PATTERNS = ("conf/*.yaml", "conf/*.yml", "*.yaml", "*.yml")
_VARIABLE = "GRESS_ML__MODEL_REGISTRY__"
_MOST_FILES, _MOST_BYTES = 50, 1 << 20


def other_registries(used: str, folder: Path) -> list[str]:
    """Return a line for each other registry that a settings file of a folder names, for people.

    There is none where a file names the registry that is used, or where the environment names it.

    Args:
        used: place of the registry that is used.
        folder: where the command runs; files in it and in its ``conf`` count.
    """
    if any(name.startswith(_VARIABLE) for name in os.environ):
        return []
    files: dict[str, tuple[Path, str]] = {}
    for path in _settings_files(folder):
        with suppress(ConfigError, ModelError):
            raw, _ = read_raw(path, overrides=(), environ=os.environ)
            if raw.contains(("ml", "model_registry")):
                registry = load_settings(path, environ=os.environ).ml.model_registry
                files.setdefault(place_of(registry), (path, registry.base_path))
    if used in files:
        return []
    return [
        f"note: {path.relative_to(folder)} names another registry, {name}; its jobs do not look into {used}: "
        f"to use theirs, add --config {path.relative_to(folder)}"
        for path, name in files.values()
    ]


def _settings_files(folder: Path) -> Iterator[Path]:
    found = sorted(path for pattern in _PATTERNS for path in folder.glob(pattern) if path.is_file())
    yield from (path for path in found[:_MOST_FILES] if path.stat().st_size <= _MOST_BYTES)
