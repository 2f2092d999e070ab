"""Secrets that stand where anybody can read them."""

from __future__ import annotations

from collections.abc import Mapping

from conf.errors import KeyPath, Problem
from conf.loading.masking import HIDDEN, is_secret
from conf.loading.raw import RawSettings

_OPTIONS: tuple[KeyPath, ...] = (("job", "source", "kafka", "options"), ("job", "sink", "kafka", "options"))


def find_plain_secrets(raw: RawSettings, environ: Mapping[str, str]) -> list[Problem]:
    """A problem for each property of Kafka's clients that looks like a secret and is not from the environment.

    Args:
        raw: Settings with all overrides applied and references filled.
        environ: Its variables may set a value, too; a command line may not, as every user of a machine sees it.
    """
    problems = []
    for options in _OPTIONS:
        found = raw.value_at(options)
        for name in found if isinstance(found, dict) else ():
            path = (*options, name)
            is_from_environment = path in raw.substituted or raw.source_of(path) in environ
            if is_secret((str(name),)) and not is_from_environment:
                hint = "write it as ${NAME} and set the variable NAME"
                problems.append(Problem(path, "a secret from the environment", HIDDEN, hint, raw.source_of(path)))
    return problems
