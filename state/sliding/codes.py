"""Values as int64 codes: equal codes mean equal values, and larger codes mean larger values.

Doubles are ordered as Flink and Java order them: -0.0 is below 0.0, and NaN is one value above all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = np.iinfo(np.int64).min
_LARGEST = np.iinfo(np.int64).max


def to_codes(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the codes of integers or doubles.

    >>> to_codes(np.array([-1.0, -0.0, 0.0, 1.0])).argsort().tolist()
    [0, 1, 2, 3]
    """
    if values.dtype == np.int64:
        return values
    plain = np.where(np.isnan(values), np.nan, values)
    return _flip_negative(plain.view(np.int64))


def to_doubles(codes: NDArray[np.int64], *, is_integer: bool) -> NDArray[np.float64]:
    """Return the values of codes as doubles."""
    return codes.astype(np.float64) if is_integer else _flip_negative(codes).view(np.float64)


def to_whole(values: NDArray[Any], scale: int) -> NDArray[np.int64]:
    """Return decimals as whole numbers of their last digit; larger numbers than 64 bits hold are cut, as in Java.

    Args:
        values: integers, or doubles.
        scale: digits after the point; 0 drops the fraction.
    """
    if values.dtype == np.int64:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.floor(values * float(10**scale) + 0.5) if scale else np.trunc(values)
        whole: NDArray[np.int64] = scaled.astype(np.int64)
    is_wide = ~(np.abs(scaled) < 2.0**63)
    if is_wide.any():
        whole[is_wide] = np.where(scaled[is_wide] > 0, _LARGEST, LEAST)
        whole[np.isnan(scaled)] = 0
    return whole


def _flip_negative(bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Reverse the order of negative doubles, whose bits grow with their magnitude; a second call undoes it."""
    flipped: NDArray[np.int64] = bits ^ ((bits >> 63) & np.int64(_LARGEST))
    return flipped
