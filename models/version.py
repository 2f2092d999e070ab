"""Semantic versions of models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from conf.types.grammar import VERSION
from models.errors import fail

_PATTERN = re.compile(VERSION)
_RULE = "expected MAJOR[.MINOR[.PATCH]][-PRERELEASE], no leading zeros, such as 2.0.0 or 1.0.0-rc.1"


@total_ordering
@dataclass(frozen=True)
class Version:
    """A semantic version; a leading ``v`` and missing minor or patch numbers are allowed.

    Versions are ordered as on semver.org: numbers compare as numbers, and a pre-release comes before its release.
    Build metadata (``+abc``) is refused, because two versions that differ only there have no order.

    Source: https://semver.org/spec/v2.0.0.html, section 11.

    Example:
        >>> str(Version.parse("v2.0"))
        '2.0.0'
        >>> Version.parse("v9") < Version.parse("v10-rc1") < Version.parse("10.0.0")
        True
    """

    release: tuple[int, int, int]
    pre: tuple[int | str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Parse ``v2.0``, ``1.5``, ``10`` or ``1.0.0-rc.1``."""
        match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            fail(f"model version {text!r}", "is not a semantic version", _RULE)
        numbers = [int(part) for part in match["release"].split(".")] + [0, 0]
        pre = tuple(int(p) if p.isdigit() else p for p in match["pre"].split(".")) if match["pre"] else ()
        return cls((numbers[0], numbers[1], numbers[2]), pre)

    def __str__(self) -> str:
        text = ".".join(map(str, self.release))
        return f"{text}-{'.'.join(map(str, self.pre))}" if self.pre else text

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        # A release is higher than its pre-releases; a numeric identifier is lower than a word.
        pre = tuple((False, p, "") if isinstance(p, int) else (True, 0, p) for p in self.pre)
        return self.release, not self.pre, pre
