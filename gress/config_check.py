"""Check of a settings file: everything that a run would refuse before it starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from conf.errors import ConfigError
from conf.loading.loader import load_settings
from conf.loading.parts import SettingsParts, load_parts, parts_of
from conf.settings import Settings
from jobs.runs.problems import find_problems, jar_problems


def check_settings(
    file: Path, overrides: Sequence[str] = (), *, needs_model: bool = True
) -> tuple[Settings | None, list[Exception]]:
    """Return the settings of a file, None where they are refused, and every problem of a run with them.

    A file without a `job:` holds what jobs share; it is checked by itself.

    Args:
        file: YAML file.
        overrides: ``key.path=value`` settings that win over the file and the environment.
        needs_model: open the models, too.
    """
    problems: list[Exception] = []
    settings = None
    try:
        settings = load_settings(file, overrides=overrides, environ=os.environ)
        parts = parts_of(settings)
    except ConfigError as error:
        problems.append(error)
        parts = _sound_parts(file, overrides)
    if settings is None or settings.job is not None:
        problems.extend(find_problems(parts, str(file), needs_model=needs_model))
    if parts.job is not None:
        problems.extend(jar_problems(parts.job))
    return settings, problems


def _sound_parts(file: Path, overrides: Sequence[str]) -> SettingsParts:
    try:
        return load_parts(file, overrides=overrides, environ=os.environ)
    except ConfigError:
        return SettingsParts()
