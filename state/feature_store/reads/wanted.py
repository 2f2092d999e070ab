"""Values that the rows of a batch need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from state.feature_store.group import Group


@dataclass(frozen=True)
class Wanted:
    """Values that rows need from one table.

    Attributes:
        group: table of the entities.
        keys: entity of each of n rows; they repeat.
        names: names of the values, one or more.
    """

    group: Group
    keys: Sequence[str]
    names: tuple[str, ...]
