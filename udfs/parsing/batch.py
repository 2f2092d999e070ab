"""What parsing yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from udfs.dead_letters import Problem


@dataclass(frozen=True)
class RawColumn:
    """Values of one field before they are checked; ``nulls`` marks those that are absent (None: none is)."""

    values: np.ndarray
    nulls: np.ndarray | None = None


@dataclass(frozen=True)
class ParsedBatch:
    """Typed columns of the good rows of a batch, and what is wrong with the others.

    Attributes:
        size: rows in the batch, good and bad.
        columns: by field name, ``(m,)`` each, m good rows.
        exact: integer columns with nulls once more, as ``object`` arrays: exact beyond 2**53.
        rows: positions of the good rows in the batch; None: all are good.
        problems: by position in the batch.
    """

    size: int
    columns: Mapping[str, np.ndarray]
    rows: np.ndarray | None = None
    problems: Mapping[int, Problem] = field(default_factory=dict)
    exact: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def good(self) -> int:
        """Number of good rows."""
        return self.size if self.rows is None else len(self.rows)
