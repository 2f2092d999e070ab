"""Checks of the arrays of a learnt model; each text names the array, and its expected and actual form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import fail

SUBJECT = "learnt model"


def finite_array(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return values as a float64 array of a shape that cannot be changed.

    Raises:
        ModelError: the shape is another one, or a value is NaN or infinite.
    """
    array = np.array(values, dtype=np.float64, order="C")
    if array.shape != shape:
        fail(f"{SUBJECT}: {name}", f"expected shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        fix = "publish the last state whose numbers are finite"
        fail(f"{SUBJECT}: {name}", f"expected finite numbers, got {array[place]} at {place}", fix)
    array.setflags(write=False)
    return array


def at_least(name: str, array: NDArray[np.float64], least: float, *, is_above: bool = False) -> None:
    """Check that no value of an array is below the least one, or above it where it may not be equal.

    Raises:
        ModelError: a value is.
    """
    is_off = array <= least if is_above else array < least
    if is_off.any():
        place = tuple(map(int, np.argwhere(is_off)[0]))
        sign = ">" if is_above else ">="
        fail(f"{SUBJECT}: {name}", f"expected numbers {sign} {least:g}, got {array[place]:g} at {place}")


def different_names(name: str, names: Sequence[str], least: int) -> tuple[str, ...]:
    """Return names of features or classes.

    Raises:
        ModelError: there are too few, or one comes twice.
    """
    if len(names) < least:
        fail(f"{SUBJECT}: {name}", f"expected at least {least}, got {len(names)}")
    twice = next((each for each, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        fail(f"{SUBJECT}: {name}", f"expected different names, got {twice!r} twice")
    return tuple(names)
