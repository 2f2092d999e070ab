"""Refusal of secrets that a settings file or a command line would reveal."""

from __future__ import annotations

from collections.abc import Mapping

from conf.errors import ConfigProblem, KeyPath
from conf.loading.masking import HIDDEN, is_secret
from conf.loading.raw import RawSettings

_OPTIONS: tuple[KeyPath, ...] = (
    ("job", "source", "kafka", "options"),
    ("job", "sink", "kafka", "options"),
    ("job", "sink", "jdbc"),
)


def find_plain_secrets(raw: RawSettings, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Return a problem for each secret of a Kafka client or a database that is not from the environment.

    Args:
        raw: settings with all overrides applied and references filled.
        environ: variables, which may set a secret; a command line may not, as every user of the machine can read it.
    """
    problems = []
    for options in _OPTIONS:
        found = raw.value_at(options)
        for name in found if isinstance(found, dict) else ():
            path = (*options, name)
            is_from_environment = path in raw.substituted or raw.source_of(path) in environ
            if is_secret((str(name),)) and not is_from_environment:
                hint = "write it as ${NAME} and set the variable NAME"
                problems.append(ConfigProblem(path, "a secret from the environment", HIDDEN, hint, raw.source_of(path)))
    return problems
