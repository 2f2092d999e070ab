"""The error for a refused configuration: one line for each problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conf.types.printable import one_line

KeyPath = tuple[str | int, ...]

# Expected values and hints list valid names.
_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class ConfigProblem:
    """One thing wrong with a configuration.

    Attributes:
        path: keys and list indexes from the root; empty for the file as a whole.
        expected: the correct kind of value.
        got: the value found, already free of secrets.
        hint: the remedy; empty if there is nothing to add.
        source: the override that set the value, such as ``--set``; empty for the file.
        against: paths of the values that it contradicts, and their sources.
    """

    path: KeyPath
    expected: str
    got: str = "nothing"
    hint: str = ""
    source: str = ""
    against: tuple[tuple[KeyPath, str], ...] = ()

    def __str__(self) -> str:
        """Return ``key.path (from SOURCE) and other.path: expected ..., got ...; hint``."""
        where = " and ".join(_named(path, source) for path, source in ((self.path, self.source), *self.against))
        expected, hint = (one_line(part, _LONGEST_TEXT) for part in (self.expected, self.hint))
        text = f"expected {expected}, got {one_line(self.got)}"
        return "; ".join(filter(None, [f"{where}: {text}" if where else text, hint]))


def _named(path: KeyPath, source: str) -> str:
    where = one_line(".".join(str(part) for part in path))
    return f"{where} (from {one_line(source)})".lstrip() if source else where


class ConfigError(ValueError):
    """A configuration that must not be started, with every problem found in it.

    Example:
        >>> print(ConfigError("job.yaml", [ConfigProblem(("job", "name"), "text")]))
        job.yaml: job.name: expected text, got nothing
    """

    def __init__(self, origin: str, problems: Sequence[ConfigProblem]) -> None:
        super().__init__(origin, tuple(problems))
        self.origin = origin
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Return one line for each problem, each naming the file."""
        return "\n".join(f"{self.origin}: {problem}" for problem in self.problems)
