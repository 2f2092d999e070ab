"""A configuration before it is typed: builtins, and where each value came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from conf.errors import KeyPath, Problem
from conf.loading.masking import HIDDEN, described, is_secret


@dataclass
class RawSettings:
    """The tree that the steps of loading change in turn.

    Attributes:
        tree: Nested dicts and lists, no two places sharing one.
        sources: Paths that an override set, with its name.
        substituted: Paths whose text came from the environment; never shown.
    """

    tree: dict[str, Any]
    sources: dict[KeyPath, str] = field(default_factory=dict)
    substituted: set[KeyPath] = field(default_factory=set)

    def contains(self, path: KeyPath) -> bool:
        """Whether there is a value, null included, at ``path``."""
        return self._find(path)[0]

    def value_at(self, path: KeyPath) -> Any:
        """The value at ``path``; None where there is none."""
        return self._find(path)[1]

    def is_hidden(self, path: KeyPath) -> bool:
        """Whether the value at ``path`` must not be shown."""
        return path in self.substituted or is_secret(path)

    def shown(self, path: KeyPath) -> str:
        """What an error text says was found at ``path``."""
        if not self.contains(path):
            return "nothing"
        value = self.value_at(path)
        return HIDDEN if self.is_hidden(path) and not isinstance(value, dict | list) else described(value)

    def problem(self, path: KeyPath, expected: str, *, hint: str = "") -> Problem:
        """A problem with the value at ``path``."""
        return Problem(path, expected, self.shown(path), hint, self.source_of(path))

    def source_of(self, path: KeyPath) -> str:
        """The override that set ``path``, something it lies in or something in it; empty for the file."""
        outer = (self.sources[head] for head in _heads(path) if head in self.sources)
        inner = (source for head, source in self.sources.items() if head[: len(path)] == path)
        return next(chain(outer, inner), "")

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
    """A copy in which no two places share a container, as YAML aliases would.

    Raises:
        RecursionError: An alias contains itself.
    """
    if isinstance(tree, dict):
        return {key: unshared(value) for key, value in tree.items()}
    return [unshared(value) for value in tree] if isinstance(tree, list) else tree
