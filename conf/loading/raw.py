"""A configuration before it is typed: builtins, and the origin of each value."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from conf.errors import ConfigProblem, KeyPath
from conf.loading.masking import HIDDEN, described, is_secret


@dataclass
class RawSettings:
    """The tree that the steps of loading change in turn.

    Attributes:
        tree: nested dicts and lists, no two places sharing one.
        sources: paths that an override set, with the override's name.
        extended: paths that a file left to the file it extends, with the name of that file.
        substituted: paths whose text came from the environment; never shown.
    """

    tree: dict[str, Any]
    sources: dict[KeyPath, str] = field(default_factory=dict)
    extended: dict[KeyPath, str] = field(default_factory=dict)
    substituted: set[KeyPath] = field(default_factory=set)

    def contains(self, path: KeyPath) -> bool:
        """Return whether there is a value, null included, at ``path``."""
        return self._find(path)[0]

    def value_at(self, path: KeyPath) -> Any:
        """Return the value at ``path``; None if there is none."""
        return self._find(path)[1]

    def is_hidden(self, path: KeyPath) -> bool:
        """Return whether the value at ``path`` must not be shown."""
        return path in self.substituted or is_secret(path)

    def shown(self, path: KeyPath) -> str:
        """Return the value at ``path`` as an error text may show it."""
        if not self.contains(path):
            return "nothing"
        value = self.value_at(path)
        return HIDDEN if self.is_hidden(path) and not isinstance(value, dict | list) else described(value)

    def problem(self, path: KeyPath, expected: str, *, hint: str = "") -> ConfigProblem:
        """Return a problem with the value at ``path``."""
        return ConfigProblem(path, expected, self.shown(path), hint, self.source_of(path))

    def source_of(self, path: KeyPath) -> str:
        """Return the override that set ``path``, a parent of it or a part of it, or the extended file that has it.

        Empty for the file itself.
        """
        outer = (self.sources[head] for head in _heads(path) if head in self.sources)
        inner = (source for head, source in self.sources.items() if head[: len(path)] == path)
        extended = (self.extended[head] for head in _heads(path) if head in self.extended)
        return next(chain(outer, inner, extended), "")

    def _find(self, path: KeyPath) -> tuple[bool, Any]:
        node: Any = self.tree
        for part in path:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                return False, None
        return True, node


def _heads(path: KeyPath) -> list[KeyPath]:
    return [path[:length] for length in range(len(path), 0, -1)]


def unshared(tree: Any) -> Any:
    """Return a copy in which no two places share a container, which YAML aliases make them do.

    Raises:
        RecursionError: an alias contains itself.
    """
    if isinstance(tree, dict):
        return {key: unshared(value) for key, value in tree.items()}
    return [unshared(value) for value in tree] if isinstance(tree, list) else tree
