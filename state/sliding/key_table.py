"""Arrays with one element a key, which grow and shrink with the number of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class KeyTable:
    """Named arrays whose element n belongs to key number n."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}
        self._fills: dict[str, int] = {}
        self._capacity = 0

    def add(self, name: str, dtype: DTypeLike, shape: tuple[int, ...] = (), *, fill: int = 0) -> None:
        """Add an array.

        Args:
            name: its name.
            dtype: its type.
            shape: of the element of one key.
            fill: value for a new key.
        """
        self._fills[name] = fill
        self._arrays[name] = np.full((self._capacity, *shape), fill, dtype)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def replace(self, name: str, array: NDArray[Any]) -> None:
        """Put an array of other shape in the place of one; it has an element for each key that there is room for."""
        self._arrays[name] = array

    def grow(self, count: int) -> None:
        """Make room for the keys below `count`."""
        if count > self._capacity:
            self._resize(np.arange(self._capacity), max(64, 2 * count))

    def keep(self, kept: NDArray[np.integer[Any]]) -> None:
        """Keep the elements of some keys, in that order, and forget the others."""
        self._resize(kept, max(64, len(kept)))

    def _resize(self, kept: NDArray[np.integer[Any]], capacity: int) -> None:
        for name, array in self._arrays.items():
            resized = np.full((capacity, *array.shape[1:]), self._fills[name], array.dtype)
            resized[: len(kept)] = array[kept]
            self._arrays[name] = resized
        self._capacity = capacity
