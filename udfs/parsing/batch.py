"""What parsing yields."""

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
        values: typed; a filler where there is no value.
        nulls: marks rows without a value, the wrong ones among them; None: there is none.
        wrong: values that do not fit the field's type, by row.
    """

    values: NDArray[Any]
    nulls: NDArray[np.bool_] | None = None
    wrong: Mapping[int, object] = MappingProxyType({})


@dataclass(frozen=True)
class RawBatch:
    """Typed columns of the well-formed lines of a batch.

    Attributes:
        columns: by field name.
        problems: of the malformed lines, by position in the batch.
    """

    columns: Mapping[str, RawColumn]
    problems: Mapping[int, Problem]


@dataclass(frozen=True)
class ParsedBatch:
    """Typed columns of the good rows of a batch, and what is wrong with the others.

    Attributes:
        size: rows in the batch, good and bad.
        columns: by field name, ``(m,)`` each, m good rows; not to be written to.
        rows: positions of the good rows in the batch; None: all are good.
        problems: by position in the batch.
        exact: integer columns with nulls once more, as ``object`` arrays: exact beyond 2**53.
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
