"""Refusal of secrets that a settings file or a command line would reveal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conf.errors import ConfigProblem, KeyPath
from conf.loading.masking import HIDDEN, is_secret, masked_text
from conf.loading.overrides import ASSIGNED
from conf.loading.raw import RawSettings

# Options of clients, whose secrets are no settings of ours.
_OPTIONS: tuple[KeyPath, ...] = (
    ("job", "source", "kafka", "options"),
    ("job", "labels", "kafka", "options"),
    ("job", "sink", "kafka", "options"),
    ("job", "sink", "jdbc"),
    ("ml", "feature_store"),
)
_FLINK: KeyPath = ("execution", "flink")


def find_plain_secrets(raw: RawSettings, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Return a problem for each secret of a command line, and each of a client that the environment does not set.

    Args:
        raw: settings with all overrides applied and references filled.
        environ: variables, which may set a secret; a command line may not, as every user of the machine can read it.
    """
    return [*_of_clients(raw, environ), *_of_assignments(raw)]


def _of_clients(raw: RawSettings, environ: Mapping[str, str]) -> Iterator[ConfigProblem]:
    for options in _OPTIONS:
        found = raw.value_at(options)
        for name in found if isinstance(found, dict) else ():
            path = (*options, name)
            source = raw.source_of(path)
            is_from_environment = path in raw.substituted or source in environ
            is_told = is_secret((str(name),)) and found[name] is not None
            if is_told and not is_from_environment and not source.startswith(ASSIGNED):
                hint = "write it as ${NAME} and set the variable NAME"
                yield ConfigProblem(path, "a secret from the environment", HIDDEN, hint, source)


def _of_assignments(raw: RawSettings) -> Iterator[ConfigProblem]:
    for assigned, source in raw.sources.items():
        if not source.startswith(ASSIGNED):
            continue
        for path, value in _scalars(raw.value_at(assigned), assigned):
            has_password = path[: len(_FLINK)] == _FLINK and isinstance(value, str) and masked_text(value) != value
            if value not in (None, "") and (is_secret(path) or has_password):
                hint = "write it as ${NAME} in the file and set the variable NAME"
                expected = "no secret here, where every user of the machine can read it"
                yield ConfigProblem(path, expected, HIDDEN, hint, source)


def _scalars(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _scalars(value, (*path, key))
    else:
        yield path, node
