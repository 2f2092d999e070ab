"""Loading of settings: file, then environment, then `--set`; the later wins."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conf.errors import ConfigError, ConfigProblem
from conf.loading.explain import explain
from conf.loading.overrides import apply_assignments, apply_environment
from conf.loading.plain_secrets import find_plain_secrets
from conf.loading.raw import RawSettings, unshared
from conf.loading.substitution import substitute
from conf.loading.yaml_file import found_file, read_settings_file
from conf.settings import Settings


def load_settings(
    path: Path | str | None = None, *, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """Load the typed settings of a YAML file.

    Args:
        path: the file, with any of the roots `ml:`, `job:` and `execution:`; ``conf/NAME.yaml`` is a shipped file where
            the current folder has none of that name; None: the defaults.
        overrides: assignments such as ``ml.inference.max_concurrency=4``; values are YAML, list entries go by index.
        environ: variables that fill ``${NAME}`` in the file, and variables such as
            ``GRESS_ML__INFERENCE__MAX_CONCURRENCY=4`` that override it; None: those of this process.

    Raises:
        ConfigError: the settings are refused, with a line for every problem; none shows a secret.
    """
    raw, problems = read_raw(path, overrides=overrides, environ=os.environ if environ is None else environ)
    return _typed(raw, problems, origin="settings" if path is None else str(path))


def read_raw(
    path: Path | str | None, *, overrides: Sequence[str], environ: Mapping[str, str]
) -> tuple[RawSettings, list[ConfigProblem]]:
    """Return a file's settings with everything applied that overrides it, before they are typed, and the problems.

    Raises:
        ConfigError: the file cannot be read as YAML.
    """
    raw = RawSettings({}) if path is None else read_settings_file(found_file(Path(path)))
    problems = apply_environment(raw, environ) + apply_assignments(raw, overrides) + substitute(raw, environ)
    return raw, problems + find_plain_secrets(raw, environ)


def settings_from(tree: Mapping[str, Any], *, origin: str = "settings") -> Settings:
    """Return the typed settings of a mapping, as a YAML file would hold it; errors call it ``origin``."""
    return _typed(RawSettings(unshared(dict(tree))), [], origin=origin)


def _typed(raw: RawSettings, problems: list[ConfigProblem], *, origin: str) -> Settings:
    settings, refused = _validated(raw)
    # A value that could not be filled in is reported once, not again as a value of the wrong type.
    blamed = {problem.path for problem in problems}
    problems = problems + [problem for problem in refused if problem.path not in blamed]
    if settings is None or problems:
        raise ConfigError(origin, problems)
    return _with_inherited(settings).with_hidden(raw.substituted)


def _validated(raw: RawSettings) -> tuple[Settings | None, list[ConfigProblem]]:
    try:
        return Settings.model_validate(raw.tree), []
    except ValidationError as error:
        return None, list(explain(error, raw, Settings))


def _with_inherited(settings: Settings) -> Settings:
    """Return the settings with the job's model call completed from `ml.inference`."""
    job = settings.job
    if job is None:
        return settings
    inference = job.inference.with_defaults(settings.ml.inference)
    return settings.model_copy(update={"job": job.model_copy(update={"inference": inference})})
