"""Results of parsing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from udfs.dead_letters import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RawColumn(NamedTuple):
    """Values of one field before they are checked.

    Attributes:
        values: typed values; a filler in rows without one.
        nulls: mask of rows without a value, including the wrong ones; None: there is none.
        wrong: values that do not fit the field's type, by row.
    """

    values: NDArray[Any]
    nulls: NDArray[np.bool_] | None = None
    wrong: Mapping[int, object] = MappingProxyType({})


@dataclass(frozen=True)
class RawBatch:
    """Typed columns of the well-formed lines of a batch.

    Attributes:
        columns: columns by field name.
        problems: problems of the malformed lines, by position in the batch.
    """

    columns: Mapping[str, RawColumn]
    problems: Mapping[int, Problem]


@dataclass(frozen=True)
class ParsedBatch:
    """Typed columns of the good rows of a batch, and the problems of the others.

    Attributes:
        size: rows in the batch, good and bad.
        columns: columns by field name, ``(m,)`` each, m good rows; read-only.
        rows: positions of the good rows in the batch; None: all are good.
        problems: problems by position in the batch.
        exact: the integer columns with nulls again, as ``object`` arrays, which are exact beyond 2**53.
    """

    size: int
    columns: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64] | None = None
    problems: Mapping[int, Problem] = field(default_factory=dict)
    exact: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    @property
    def good(self) -> int:
        """Number of good rows."""
        return self.size if self.rows is None else len(self.rows)
