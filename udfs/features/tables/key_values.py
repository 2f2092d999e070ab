"""Numbers by key, looked up for whole columns at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class KeyValues:
    """A number for each of k distinct keys.

    Args:
        keys: the keys, at least one.
        numbers: ``(k + 2,)`` numbers in the order of the keys, then NaN for an unknown key and NaN for null.
    """

    keys: Vocabulary
    numbers: NDArray[np.float64]

    @classmethod
    def of(cls, keys: Vocabulary, numbers: Sequence[float] | NDArray[np.float64]) -> KeyValues:
        """Pair keys with their numbers; NaN is a key without a number."""
        return cls(keys, np.append(np.asarray(numbers, np.float64), [np.nan, np.nan]))

    def look_up(self, column: NDArray[np.generic]) -> NDArray[np.float64]:
        """Look a column of keys up.

        Returns:
            ``(n,)`` numbers, NaN where the key is null, unknown or without a number.

        Example:
            >>> table = KeyValues.of(Vocabulary("string", ("m1", "m2")), [0.5, 0.25])
            >>> table.look_up(np.array(["m2", "m9", None], dtype=object)).tolist()
            [0.25, nan, nan]
        """
        return self.numbers[self.keys.codes(column)]
