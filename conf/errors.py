"""Why a configuration is refused: one line for each problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a configuration.

    Attributes:
        path: Keys and list indexes from the root; empty for the file as a whole.
        expected: What would have been right.
        got: What was there, already free of secrets.
        hint: What to do about it; empty for nothing to add.
        source: Where the value came from when not from the file, such as ``--set``.
    """

    path: KeyPath
    expected: str
    got: str = "nothing"
    hint: str = ""
    source: str = ""

    def __str__(self) -> str:
        """``key.path (from SOURCE): expected ..., got ...; hint``."""
        where = ".".join(str(part) for part in self.path)
        if self.source:
            where = f"{where} (from {self.source})".lstrip()
        text = f"expected {self.expected}, got {self.got}"
        return "; ".join(filter(None, [f"{where}: {text}" if where else text, self.hint]))


class ConfigError(ValueError):
    """A configuration that must not be started, with every problem found in it.

    Example:
        >>> print(ConfigError("job.yaml", [Problem(("job", "name"), "text")]))
        job.yaml: job.name: expected text, got nothing
    """

    def __init__(self, origin: str, problems: Sequence[Problem]) -> None:
        super().__init__(origin, tuple(problems))
        self.origin = origin
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """One line for each problem, each naming the file."""
        return "\n".join(f"{self.origin}: {problem}" for problem in self.problems)
