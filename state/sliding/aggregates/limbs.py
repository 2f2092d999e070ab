"""Exact sums: numbers as limbs of 32 bits that int64 columns add up, and the double nearest to such a sum.

A number is the sum of ``limb[j] * 2**(32 * j)``. Limbs have a sign of their own and are below 2**32 in magnitude, so a
column adds up 2**30 of them without overflow. A sum of limbs does not depend on the order of its summands, and its one
rounding happens at the end: the result is that of ``math.fsum``.

Source: Kulisch's long accumulator; Neal, "Fast exact summation using small and large superaccumulators",
arXiv 1505.05571, 2015.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Limbs = dict[int, NDArray[np.int64]]

_BITS = 32
_MASK = np.int64(2**_BITS - 1)
_MANTISSA_BITS = 53
NAN, PLUS_INFINITY, MINUS_INFINITY = 1000, 1001, 1002
"""Places beside those of limbs: they count the doubles that are no finite numbers."""


def split_doubles(values: NDArray[np.float64]) -> Limbs:
    """Return the limbs of doubles by place, without the places where all are zero."""
    limbs: Limbs = {}
    is_finite = np.isfinite(values)
    if not is_finite.all():
        for place, mask in (
            (NAN, np.isnan(values)),
            (PLUS_INFINITY, values == np.inf),
            (MINUS_INFINITY, values == -np.inf),
        ):
            limbs[place] = mask.astype(np.int64)
        values = np.where(is_finite, values, 0.0)
    fraction, exponent = np.frexp(np.abs(values))
    mantissa = np.ldexp(fraction, _MANTISSA_BITS).astype(np.int64)
    lowest = exponent.astype(np.int64) - _MANTISSA_BITS
    first, shift = lowest >> 5, lowest & (_BITS - 1)
    low = (mantissa & _MASK) << shift
    high = ((mantissa >> _BITS) << shift) + (low >> _BITS)
    parts = (low & _MASK, high & _MASK, high >> _BITS)
    _scatter(limbs, first, [np.where(values < 0, -part, part) for part in parts])
    return _without_zeros(limbs)


def _scatter(limbs: Limbs, first: NDArray[np.int64], parts: list[NDArray[np.int64]]) -> None:
    """Add three limbs a row, which begin at place `first`, to the columns of their places."""
    for start in np.unique(first).tolist():
        rows = first == start
        for position, part in enumerate(parts):
            column = limbs.setdefault(start + position, np.zeros(len(first), np.int64))
            np.copyto(column, part, where=rows)


def split_whole(values: NDArray[np.int64]) -> Limbs:
    """Return the limbs of integers by place: one while all are below 2**32 in magnitude."""
    if not len(values) or (values.max() <= _MASK and values.min() >= -_MASK):
        return {0: values}
    return {0: values & _MASK, 1: values >> _BITS}


def split_squares(values: NDArray[np.int64]) -> Limbs:
    """Return the limbs of the squares of integers by place, without the places where all are zero."""
    magnitude = np.abs(values).view(np.uint64)  # 2**63 of the least integer fits
    mask, bits = np.uint64(_MASK), np.uint64(_BITS)
    if not len(values) or magnitude.max() <= mask >> np.uint64(1):
        square = values * values
        return _without_zeros({0: square & _MASK, 1: square >> _BITS})
    low, high = magnitude & mask, magnitude >> bits
    lowest, middle, highest = low * low, np.uint64(2) * low * high, high * high
    second = (middle & mask) + (lowest >> bits)
    third = (highest & mask) + (middle >> bits) + (second >> bits)
    limbs = (lowest & mask, second & mask, third & mask, (highest >> bits) + (third >> bits))
    return _without_zeros({place: limb.view(np.int64) for place, limb in enumerate(limbs)})


def _without_zeros(limbs: Limbs) -> Limbs:
    return {place: limb for place, limb in limbs.items() if limb.any()}


def join(limbs: Mapping[int, NDArray[np.int64]], count: int) -> NDArray[np.float64]:
    """Return the doubles nearest to sums of limbs, ties to even; NaN and infinities as IEEE 754 adds them.

    Args:
        limbs: sums of limbs by place; an absent place is zero.
        count: number of sums.
    """
    none = np.zeros(count, np.int64)
    places = [place for place in limbs if place < NAN]
    result = none.astype(np.float64)
    if places:
        lowest = min(places)
        fraction, exponent = _nearest([limbs.get(place, none) for place in range(lowest, max(places) + 1)])
        if exponent is None and not lowest:
            result = fraction
        else:
            with np.errstate(over="ignore"):
                result = np.ldexp(fraction, _BITS * lowest + (0 if exponent is None else exponent))
    if len(places) < len(limbs):
        has_nan, has_plus, has_minus = (limbs.get(place, none) > 0 for place in (NAN, PLUS_INFINITY, MINUS_INFINITY))
        result = np.where(has_plus, np.inf, np.where(has_minus, -np.inf, result))
        result[has_nan | (has_plus & has_minus)] = np.nan
    return result


def _nearest(sums: list[NDArray[np.int64]]) -> tuple[NDArray[np.float64], NDArray[np.int32] | None]:
    """Return doubles and powers of two whose products are nearest to sums of limbs, from the lowest place up.

    None: all powers are 0.
    """
    if len(sums) <= 2:
        low, high = sums[0], sums[-1] if len(sums) == 2 else np.zeros_like(sums[0])
        if _is_within(low, 62) and _is_within(high, 29):
            return (low + (high << _BITS)).astype(np.float64), None
    digits = _carried(sums)
    *rest, third, second, top = [np.zeros_like(sums[0])] * (3 - len(digits)) + digits
    high = top << _BITS | second
    shift = np.clip(62 - np.frexp(high.astype(np.float64))[1].astype(np.int64), 0, _BITS)
    leading = high << shift | third >> (_BITS - shift)
    is_below = np.logical_or.reduce([digit != 0 for digit in rest]) if rest else np.zeros(len(top), np.bool_)
    is_lost = is_below | (third & ((1 << (_BITS - shift)) - 1) != 0)
    # A bit far below the last one of a double decides only whether a tie is one.
    fraction, exponent = (leading | is_lost).astype(np.float64), (_BITS - shift).astype(np.int32)
    exponent += np.int32(_BITS * (len(rest) + min(len(digits), 3) - 3))
    small = np.flatnonzero(is_below & (np.abs(leading) < 1 << _MANTISSA_BITS + 1))
    if len(small):
        fraction[small], exponent[small] = _nearest_small([digit.take(small) for digit in digits])
    return fraction, exponent


def _nearest_small(digits: list[NDArray[np.int64]]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the same of sums whose leading digits are mostly zeros."""
    is_negative = digits[-1] < 0
    *lower, top = _carried([np.where(is_negative, -digit, digit) for digit in digits])
    fraction, exponent = _leading(np.stack([*lower, top]).view(np.uint64))
    return np.where(is_negative, -fraction, fraction), exponent


def _is_within(values: NDArray[np.int64], bits: int) -> bool:
    return not len(values) or bool(values.max() < 1 << bits and values.min() > -1 << bits)


def _carried(sums: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return the digits of sums, each in ``0..2**32 - 1`` but the last, which has the sum's sign and 32 bits."""
    digits = []
    whole = sums[0]
    for limb in sums[1:]:
        digits.append(whole & _MASK)
        whole = limb + (whole >> _BITS)
    if not _is_within(whole, _BITS - 1):
        digits.append(whole & _MASK)
        whole = whole >> _BITS
    return [*digits, whole]


def _leading(digits: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the leading 64 bits of numbers, rounded to doubles, and the powers of two that scale them.

    Args:
        digits: ``(d, n)`` digits in ``0..2**32 - 1``, the lowest first.
    """
    padded = np.concatenate([np.zeros((3, digits.shape[1]), np.uint64), digits])
    is_set = padded != 0
    highest = len(padded) - 1 - is_set[::-1].argmax(axis=0)
    columns = np.arange(padded.shape[1])
    first, second, third = (padded[highest - step, columns] for step in range(3))
    bits = np.maximum(np.frexp(first.astype(np.float64))[1], 1).astype(np.uint64)
    width = np.uint64(_BITS)
    leading = first << (np.uint64(64) - bits) | second << (width - bits) | third >> bits
    is_lost = third << (np.uint64(64) - bits) != 0
    is_lost |= np.logical_or.accumulate(is_set, axis=0)[highest - 3, columns]
    # A bit far below the last one of a double decides only whether a tie is one.
    exponent = _BITS * (highest - 3) + bits.astype(np.int64) - 64
    return (leading | is_lost).astype(np.float64), exponent.astype(np.int32)
