"""One column of a feature set, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExplainedColumn:
    """The origin of a column: its feature's type, the columns it reads, its null rule and its formula."""

    column: str
    type: str
    inputs: tuple[str, ...]
    null_rule: str
    formula: str
