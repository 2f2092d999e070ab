"""Name of the table that an entity's values are in."""

from __future__ import annotations

import re
from dataclasses import dataclass

LAYOUT = 1
WORD = re.compile(r"[A-Za-z0-9._-]+")
"""Kind of an entity, or name of a feature set."""


@dataclass(frozen=True)
class Group:
    """Entities of a kind, with the values of one feature set.

    Attributes:
        entity: kind of the entities, such as ``customer``.
        feature_set: hash of the feature set that the values come from: values of another are never read by mistake.

    Raises:
        ValueError: a part has other characters than letters, digits, ``.``, ``_`` and ``-``.

    Example:
        >>> Group("customer", "9f2c").key("c 1")
        'gress:1:customer:9f2c:c 1'
    """

    entity: str
    feature_set: str

    def __post_init__(self) -> None:
        for name in ("entity", "feature_set"):
            if not WORD.fullmatch(getattr(self, name)):
                msg = f"{name}: expected letters, digits, '.', '_' or '-', got {getattr(self, name)!r}"
                raise ValueError(msg)

    @property
    def prefix(self) -> str:
        """Beginning of the keys of all entities; it names the layout of the values, too."""
        return f"gress:{LAYOUT}:{self.entity}:{self.feature_set}:"

    def key(self, entity: str) -> str:
        """Return the key of an entity."""
        return self.prefix + entity
