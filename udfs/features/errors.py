"""Errors in a feature set, raised before a job starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.nearest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest_or_list(name: str, known: Iterable[str]) -> str:
    """Name the closest known name, or list them all.

    Example:
        >>> suggest_or_list("windw", ["window", "key"])
        "nearest valid name 'window'"
        >>> suggest_or_list("x", ["window", "key"])
        "known are 'key', 'window'"
    """
    names = sorted(known)
    return suggest(name, names) or ("known are " + ", ".join(map(repr, names)) if names else "there are none")


class FeatureError(ValueError):
    """A feature that cannot be built, or cannot be computed from the columns given."""

    def __init__(self, where: str, expected: str, got: str, hint: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}; {hint}")

    def at(self, place: str) -> FeatureError:
        """Return the error with the place of the setting that it is about in front."""
        return _restore(FeatureError, f"{place}: {self.args[0]}")

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the message when the error crosses a process: the constructor takes more than it."""
        return (_restore, (type(self), self.args[0]))


class UnknownColumnError(FeatureError):
    """A feature that reads an unknown column; `column` is its name."""

    def __init__(self, where: str, column: str, known: Iterable[str]) -> None:
        super().__init__(where, "an event field or an aggregation", repr(column), suggest_or_list(column, known))
        self.column = column


def _restore(kind: type[FeatureError], message: str) -> FeatureError:
    error = kind.__new__(kind)
    ValueError.__init__(error, message)
    return error
