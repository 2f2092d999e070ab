"""Check of a settings file: everything that a run would refuse before it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from conf.errors import ConfigError
from conf.loading.inspection import Inspection, inspect
from conf.loading.loader import load_settings, read_raw
from conf.settings import Settings
from jobs.checks.problems import find_problems, jar_problems
from jobs.runs.hidden_values import hide_values


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
    try:
        raw, found = read_raw(file, overrides=overrides, environ=os.environ)
    except ConfigError as error:
        return None, [error]
    seen = inspect(raw, found)
    problems: list[Exception] = [ConfigError(str(file), seen.problems)] if seen.problems else []
    if raw.tree.get("job") is not None:
        problems += _of_a_run(seen, str(file), needs_model=needs_model)
    for problem in problems:
        hide_values(problem, map(raw.value_at, raw.substituted))
    settings = None if seen.problems else load_settings(file, overrides=overrides, environ=os.environ)
    return settings, problems


def _of_a_run(seen: Inspection, origin: str, *, needs_model: bool) -> Iterator[Exception]:
    """Yield the problems of a run, except those that follow from a refused setting."""
    for problem in find_problems(seen.parts, origin, needs_model=needs_model, left_out=seen.left_out):
        if not seen.left_out.explains(str(problem)):
            yield problem
    if seen.parts.job is not None:
        yield from jar_problems(seen.parts.job)
