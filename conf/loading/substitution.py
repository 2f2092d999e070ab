"""`${NAME}` and `${NAME:-default}` in the text values of a settings file; `$${` is a plain `${`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conf.errors import ConfigProblem, KeyPath
from conf.loading.raw import RawSettings

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")

# Enough for a chain of certificates; many references to one long value would fill the memory.
_MOST_CHARACTERS = 65_536


def substitute(raw: RawSettings, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Fill the references in ``raw``, except in values that an override set.

    Returns:
        One problem for each variable that is missing and each reference that is malformed.
    """
    problems: list[ConfigProblem] = []
    raw.tree = _walk(raw, raw.tree, (), environ, problems)
    return problems


def _walk(raw: RawSettings, node: Any, path: KeyPath, environ: Mapping[str, str], problems: list[ConfigProblem]) -> Any:
    if path in raw.sources:
        return node
    if isinstance(node, dict):
        return {key: _walk(raw, value, (*path, key), environ, problems) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(raw, value, (*path, index), environ, problems) for index, value in enumerate(node)]
    if not isinstance(node, str) or "${" not in node:
        return node
    return _filled(raw, node, path, environ, problems)


def _filled(
    raw: RawSettings, text: str, path: KeyPath, environ: Mapping[str, str], problems: list[ConfigProblem]
) -> str:
    if sum(len(environ.get(match["name"] or "", "")) for match in _REFERENCE.finditer(text)) > _MOST_CHARACTERS:
        raw.substituted.add(path)
        expected = f"at most {_MOST_CHARACTERS:,} characters from the environment"
        problems.append(ConfigProblem(path, expected, "more"))
        return ""

    def value_of(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match[0] == "$${":
            return "${"
        if name is None:
            expected, hint = "${NAME} or ${NAME:-default}", "write $${ for a plain ${"
            problems.append(ConfigProblem(path, expected, "another text after ${", hint))
            return "${"
        value = environ.get(name)
        if value:
            raw.substituted.add(path)
        if default is not None:
            return value or default
        if value is None:
            hint = f"set it, or write ${{{name}:-default}}"
            problems.append(ConfigProblem(path, f"the environment variable {name}", "no such variable", hint))
            raw.substituted.add(path)
        return value or ""

    return _REFERENCE.sub(value_of, text)
