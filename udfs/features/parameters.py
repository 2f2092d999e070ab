"""Reader of the free-form parameters of a feature spec: every value checked, every default named once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from udfs.features.errors import FeatureError, suggest_or_list

if TYPE_CHECKING:
    from conf.settings import FeatureSpec


def location(spec: FeatureSpec) -> str:
    """Return the name of a feature in error texts.

    Args:
        spec: the faulty spec.
    """
    return f"feature {spec.name!r} ({spec.type})"


@dataclass(frozen=True)
class Parameter:
    """One parameter that a feature type accepts.

    Attributes:
        name: name in a spec.
        text: meaning and range.
        default: YAML of the value when a spec leaves it out; or a word: ``required``, ``either`` if one of two is
            required, ``none``, and the like.
    """

    name: str
    text: str
    default: str = "required"


class Parameters:
    """The parameters of one spec, read by name and type.

    Args:
        spec: the feature's spec.
        accepted: parameters of the feature's type; any other is refused here.
    """

    def __init__(self, spec: FeatureSpec, accepted: Sequence[Parameter]) -> None:
        self._values: Mapping[str, object] = spec.parameters
        self._where = location(spec)
        names = [parameter.name for parameter in accepted]
        for name in self._values:
            if name not in names:
                known = suggest_or_list(str(name), names) if names else "this type has no parameters"
                raise FeatureError(self._where, "a known parameter", repr(name), known)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def refuse(self, expected: str, got: object, hint: str) -> NoReturn:
        """Raise the error for a value that this feature cannot use."""
        raise FeatureError(self._where, expected, _shown(got), hint)

    def value(self, name: str, expected: str) -> object:
        """Read a required value of any type."""
        if name not in self:
            given = ", ".join(map(repr, self._values)) or "no parameters"
            self.refuse(f"{name}: {expected}", _Raw(given), f"add {name} to the feature's parameters")
        return self._values[name]

    def number(self, name: str, default: float | None = None) -> float:
        """Read a finite number, which is required if there is no default."""
        if default is not None and name not in self:
            return float(default)
        return self.as_number(name, self.value(name, "a number"))

    def optional_number(self, name: str) -> float | None:
        """Read a finite number; None if it is not given."""
        return self.number(name) if name in self else None

    def as_number(self, name: str, value: object) -> float:
        """Check one number at any depth of nesting."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self.refuse(f"{name}: a finite number", value, "write it without quotes")
        return float(value) + 0.0  # -0.0 and 0.0 are one value to the hash

    def integer(self, name: str, default: int | None = None, *, low: int, high: int) -> int:
        """Read a whole number within ``low..high``."""
        value = default if default is not None and name not in self else self.value(name, "a whole number")
        is_whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
        if not is_whole or not low <= value <= high:  # type: ignore[operator]
            self.refuse(f"{name}: a whole number in {low}..{high}", value, "choose one in that range")
        return int(value)  # type: ignore[call-overload, no-any-return]

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._values[name] if name in self else default
        if not isinstance(value, bool):
            self.refuse(f"{name}: true or false", value, "write it without quotes")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Read a non-empty text, which is required if there is no default."""
        value = default if default is not None and name not in self else self.value(name, "a text")
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"{name}: a text", value, "quote it if it is a number")
        return value

    def choice(self, name: str, options: Sequence[str], default: str | None = None) -> str:
        """Read one of a few names."""
        return self.as_choice(name, self.text(name, default), options)

    def as_choice(self, name: str, value: object, options: Sequence[str]) -> str:
        """Check one of a few names at any depth of nesting."""
        if not isinstance(value, str) or value not in options:
            listed = "|".join(options)
            self.refuse(f"{name}: {listed}", value, suggest_or_list(str(value), options))
        return value

    def items(self, name: str, *, least: int = 1) -> tuple[object, ...]:
        """Read a required list of at least `least` items."""
        value = self.value(name, "a list")
        if not isinstance(value, (list, tuple)) or len(value) < least:
            self.refuse(f"{name}: a list of at least {least}", value, "write it as [a, b, c]")
        return tuple(value)

    def numbers(self, name: str, *, least: int = 1) -> tuple[float, ...]:
        """Read a required list of finite numbers."""
        return tuple(self.as_number(name, item) for item in self.items(name, least=least))

    def mapping(self, name: str) -> Mapping[object, object]:
        """Read a required, non-empty table of keys to values."""
        value = self.value(name, "a table")
        if not isinstance(value, Mapping) or not value:
            self.refuse(f"{name}: a table with at least one row", value, "write it as {key: value}")
        return value

    def optional_duration_ms(self, name: str) -> int | None:
        """Read a duration such as ``5m`` or ``7d``; None if it is not given."""
        return self._duration_ms(name, self._values[name]) if name in self else None

    def _duration_ms(self, name: str, value: object) -> int:
        from conf.types.durations import parse_duration_ms

        try:
            return parse_duration_ms(value)
        except ValueError:
            self.refuse(f"{name}: a duration", value, "write it as 30s, 5m, 1h or 7d")

    def seconds(self, name: str, default: str | None = None) -> int:
        """Read a duration such as ``5m`` or ``7d`` in whole seconds."""
        value = default if default is not None and name not in self else self.value(name, "a duration")
        duration_ms = self._duration_ms(name, value)
        if duration_ms % 1000:
            self.refuse(f"{name}: whole seconds", value, "windows move in steps of one second")
        return duration_ms // 1000


class _Raw(str):
    """A text that an error shows without quotes."""

    __slots__ = ()


def _shown(value: object) -> str:
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
