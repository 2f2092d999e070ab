"""A ledger adds the rows of one experiment in one shard up to the sums that looks judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from state.verdicts.cells import Cells
    from state.verdicts.outcomes import Outcomes

ArmsOf = Callable[["NDArray[np.uint64]", tuple[float, ...]], "NDArray[np.int64]"]


class Ledger(Protocol):
    """A ledger of one experiment in one shard.

    Rows come in an order of their own (see `in_order`), so sums are the same to the bit after a restore.

    Attributes:
        cells: sums of the rows so far.
    """

    cells: Cells

    def add(self, rows: Outcomes) -> None:
        """Count rows of one step."""

    def to_bytes(self) -> bytes:
        """Return the state as bytes."""

    def restore(self, data: bytes) -> None:
        """Take what ``to_bytes`` wrote."""
