"""Settings from outside the file: variables `GRESS_ML__ENABLED=true` and `--set ml.enabled=true`.

Rule: values are YAML (`512`, `true`, `[0, 1]`); an empty value is empty text. A path enters a list by the index of
an existing entry. Below `execution.flink` and Kafka's `options` the rest of the path is one key, as such names have
dots; what a variable gives them is never shown, as only Flink or Kafka knows which of them are secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conf.errors import ConfigProblem, KeyPath
from conf.loading.masking import is_secret
from conf.loading.raw import RawSettings
from conf.nearest import suggest
from conf.yaml_text import parse_yaml

PREFIX = "GRESS_"
ASSIGNED = "--set"
"""Begin of the source of a value from the command line."""

ROOTS = ("ml", "job", "execution")

_DEEPEST, _LONGEST = 50, 20_000
# Mappings whose keys have dots.
_OPTIONS = (("execution", "flink"), *(("job", part, "kafka", "options") for part in ("source", "labels", "sink")))


@dataclass(frozen=True)
class Override:
    """One value for one key path; ``is_folded`` paths match keys in any case."""

    parts: tuple[str, ...]
    text: str
    source: str
    is_folded: bool


def apply_environment(raw: RawSettings, environ: Mapping[str, str]) -> list[ConfigProblem]:
    """Apply every variable ``GRESS_ROOT__KEY__...``; other variables with the prefix are not ours."""
    problems = []
    for name in sorted(environ):
        parts = tuple(name.removeprefix(PREFIX).split("__"))
        if not name.startswith(PREFIX) or len(parts) < 2:
            continue
        folded = (parts[0].lower(), *parts[1:])
        problems.extend(_apply(raw, Override(folded, environ[name], name, is_folded=True)))
    return problems


def apply_assignments(raw: RawSettings, assignments: Sequence[str]) -> list[ConfigProblem]:
    """Apply each ``key.path=value``; a later one wins."""
    problems = []
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            problems.append(ConfigProblem((), "key.path=value", "a text without =", source=ASSIGNED))
            continue
        parts = tuple(path.strip().split("."))
        problems.extend(_apply(raw, Override(parts, text, f"{ASSIGNED} {path.strip()}", is_folded=False)))
    return problems


def _apply(raw: RawSettings, override: Override) -> list[ConfigProblem]:
    if override.parts[0] not in ROOTS:
        root, hint = override.parts[0], suggest(override.parts[0], ROOTS)
        return [ConfigProblem((), f"a path from {', '.join(ROOTS)}", repr(root), hint, override.source)]
    if len(override.parts) > _DEEPEST:
        return [ConfigProblem((), f"a path of at most {_DEEPEST} keys", "a longer one", source=override.source)]
    if len(override.text) > _LONGEST:
        return [ConfigProblem((), f"a value of at most {_LONGEST:,} characters", "a longer one", "", override.source)]
    if "" in override.parts:
        return [ConfigProblem((), "a key between all separators", "an empty one", source=override.source)]
    try:
        value = parse_yaml(override.text) if override.text.strip() else ""
    except ValueError:
        return [ConfigProblem((), "a YAML value", "a syntax error", "quote it", override.source)]
    return _assign(raw, override, value)


def _assign(raw: RawSettings, override: Override, value: object) -> list[ConfigProblem]:
    node: Any = raw.tree
    path: KeyPath = ()
    parts = _whole_options(override)
    for depth, part in enumerate(parts):
        key = _key_in(node, part, is_folded=override.is_folded)
        if key is None:
            return [_cannot_enter(node, part, path, override.source)]
        path = (*path, key)
        if depth == len(parts) - 1:
            node[key] = value
        elif RawSettings(node).value_at((key,)) is None:
            node[key] = {}
        node = node[key]
    raw.sources = {old: source for old, source in raw.sources.items() if old[: len(path)] != path}
    raw.sources[path] = override.source
    raw.substituted = {old for old in raw.substituted if old[: len(path)] != path}
    if override.is_folded:
        raw.substituted.update(each for each in _leaves(value, path) if _is_hidden(each))
    return []


def _is_hidden(path: KeyPath) -> bool:
    return is_secret(path) or any(path[: len(options)] == options for options in _OPTIONS)


def _leaves(node: object, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the paths of single values."""
    if isinstance(node, dict | list):
        for key, part in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(part, (*path, key))
    else:
        yield path


def _cannot_enter(node: object, part: str, path: KeyPath, source: str) -> ConfigProblem:
    if isinstance(node, list):
        return ConfigProblem(path, f"an index below {len(node)}", repr(part), source=source)
    return ConfigProblem(path, "a mapping or a list to enter", "a single value", source=source)


def _whole_options(override: Override) -> tuple[str, ...]:
    for options in _OPTIONS:
        head, rest = override.parts[: len(options)], override.parts[len(options) :]
        if tuple(part.lower() for part in head) == options and rest:
            option = ".".join(rest)
            return (*options, option.lower() if override.is_folded else option)
    return override.parts


def _key_in(node: object, part: str, *, is_folded: bool) -> str | int | None:
    if isinstance(node, list):
        return int(part) if part.isdecimal() and int(part) < len(node) else None
    if not isinstance(node, dict):
        return None
    if part in node or not is_folded:
        return part
    known = (key for key in node if isinstance(key, str) and key.lower() == part.lower())
    return next(known, part.lower())
