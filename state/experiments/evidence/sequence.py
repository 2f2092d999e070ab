"""Result of all looks at a difference so far, which is the state of a test that continues."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from state.experiments.confidence import Boundary

VERSION = 1


@dataclass(frozen=True)
class Sequence:
    """Everything the looks so far have shown: the intersection of their intervals and their least p.

    Attributes:
        lower: highest lower bound so far.
        upper: lowest upper bound so far; infinite for one side.
        p: least p-value so far.
    """

    lower: float = -math.inf
    upper: float = math.inf
    p: float = 1.0

    def updated(self, difference: float, se: float, clock: float, boundary: Boundary) -> Sequence:
        """Return the sequence after one more look; a look without a standard error shows nothing."""
        half = float(boundary.half_width(se, clock))
        if not math.isfinite(half):
            return self
        upper = difference + half if boundary.has_upper else math.inf
        p = float(boundary.p_value(difference, se, clock))
        return Sequence(max(self.lower, difference - half), min(self.upper, upper), min(self.p, p))

    @property
    def sign(self) -> int:
        """Side of 0 on which the truth lies: 1, −1, or 0 if that is open.

        It is open, too, where looks are sure of either side, because the truth has moved in between.
        """
        return int(self.lower >= 0) - int(self.upper <= 0)

    @property
    def is_torn(self) -> bool:
        """Whether no difference is in the intervals of all looks, because the truth has moved in between."""
        return self.lower > self.upper

    def pack(self) -> NDArray[np.float64]:
        """Return format version, bounds and p, (4,)."""
        return np.array([VERSION, self.lower, self.upper, self.p])

    @classmethod
    def unpack(cls, packed: ArrayLike) -> Sequence:
        """Return what was packed.

        Raises:
            ValueError: it is of another format version or length.
        """
        values = np.asarray(packed, np.float64)
        if values.shape != (4,) or values[0] != VERSION:
            msg = f"sequence: expected 4 numbers of version {VERSION}, got {values.tolist()}; start without it"
            raise ValueError(msg)
        return cls(*values[1:].tolist())
