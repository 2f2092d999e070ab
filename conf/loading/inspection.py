"""Every problem of a configuration at once: refused values are left out, and the rest is checked again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from conf.errors import ConfigProblem, KeyPath
from conf.loading.explain import explain
from conf.loading.parts import SettingsParts, parts_of, parts_of_tree
from conf.loading.raw import RawSettings
from conf.settings import Settings

_NAMES = ("name", "output")


@dataclass
class LeftOut:
    """The values that an inspection went on without.

    Attributes:
        paths: where they stand in the file.
    """

    paths: set[KeyPath] = field(default_factory=set)
    _words: set[str] = field(default_factory=set)

    def add(self, path: KeyPath, raw: RawSettings) -> None:
        """Leave out a value; its container where there is no such value, or where going without it did not help."""
        self._words.add(".".join(map(str, path)))
        while path and (path in self.paths or not raw.contains(path)):
            path = path[:-1]
        self.paths.add(path)
        if path[-2:-1] == ("fields",) and isinstance(path[-1], str):
            self._words.add(repr(path[-1]))
        value = raw.value_at(path)
        if isinstance(value, dict):
            self._words.update(repr(value[name]) for name in _NAMES if isinstance(value.get(name), str))

    def touches(self, *path: str) -> bool:
        """Return whether a value at or below a path was left out, or one that holds it."""
        return any(each[: len(path)] == path[: len(each)] for each in self.paths)

    def explains(self, text: str) -> bool:
        """Return whether a problem speaks of a value that was left out, so that it may come of that alone."""
        return any(word in text for word in self._words if word)

    def covers(self, path: KeyPath) -> bool:
        """Return whether the value at a path was left out."""
        return any(path[: len(each)] == each for each in self.paths)


@dataclass(frozen=True)
class Inspection:
    """All that is wrong with a configuration by itself, and the parts that are right.

    Attributes:
        problems: problems in the order in which they were found.
        parts: parts without the values that are refused.
        left_out: these values.
    """

    problems: tuple[ConfigProblem, ...]
    parts: SettingsParts
    left_out: LeftOut


def inspect(raw: RawSettings, problems: Iterable[ConfigProblem] = ()) -> Inspection:
    """Return every problem of a configuration, as if its owner had mended one after the other.

    Some checks compare values, and can only run when each value is right by itself. So a refused value is left out, and
    what remains is checked again, until nothing new is refused. A problem that may come of what was left out is none.

    Args:
        raw: the configuration before it is typed.
        problems: problems that were found before.
    """
    found, left_out = list(problems), LeftOut()
    for problem in found:
        left_out.add(problem.path, raw)
    while True:
        pruned = _Pruned(raw.tree, left_out.paths)
        try:
            settings = Settings.model_validate(pruned.tree)
        except ValidationError as error:
            refused = list(explain(error, raw, Settings, pruned.original))
        else:
            return Inspection(tuple(found), _parts(settings, raw, left_out), left_out)
        found += [each for each in refused if not (left_out.covers(each.path) or left_out.explains(str(each)))]
        for each in refused:
            left_out.add(each.path, raw)


def _parts(settings: Settings, raw: RawSettings, left_out: LeftOut) -> SettingsParts:
    if settings.job is not None or "job" not in raw.tree:
        return parts_of(settings)
    # The job as a whole does not stand, but parts of it may.
    return parts_of_tree(_Pruned(raw.tree, left_out.paths - {("job",)}).tree)


class _Pruned:
    """A tree without the values at some paths; it knows where each entry of a list stood before."""

    def __init__(self, tree: dict[str, Any], paths: set[KeyPath]) -> None:
        self._paths = paths
        self._kept: dict[KeyPath, list[int]] = {}
        self.tree: dict[str, Any] = {} if () in paths else self._without(tree, ())

    def original(self, path: KeyPath) -> KeyPath:
        """Return the path of a value before anything was left out."""
        found: KeyPath = ()
        for part in path:
            kept = self._kept.get(found, [])
            found = (*found, kept[part] if isinstance(part, int) and part < len(kept) else part)
        return found

    def _without(self, node: Any, path: KeyPath) -> Any:
        if isinstance(node, dict):
            kept_keys = [key for key in node if (*path, key) not in self._paths]
            return {key: self._without(node[key], (*path, key)) for key in kept_keys}
        if not isinstance(node, list):
            return node
        kept = [index for index in range(len(node)) if (*path, index) not in self._paths]
        self._kept[path] = kept
        return [self._without(node[index], (*path, index)) for index in kept]
