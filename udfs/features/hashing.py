"""Stable 64-bit hashes of columns: the same in every process, on every machine, for every split into batches.

A value is hashed as its UTF-8 text with xxHash64, once for each distinct value of a batch. Whole numbers hash
as their decimal text whether the batch holds them as int64 or, next to nulls, as float64.

Source: xxHash, https://xxhash.com; signed hashing: Weinberger et al., ICML 2009; range reduction: Lemire
2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

WHOLE = frozenset({"long", "boolean", "timestamp"})
MAX_CODES = 2**24  # codes up to here are exact in float32
MAX_WIDTH = 65_536  # columns of one feature


def hash_texts(texts: Iterable[str], seed: int) -> NDArray[np.uint64]:
    """Hash texts one by one; callers pass distinct ones."""
    from xxhash import xxh64_intdigest

    encoded = (text.encode("utf-8", "surrogatepass") for text in texts)
    return np.fromiter((xxh64_intdigest(text, seed) for text in encoded), np.uint64)


def hash_column(
    column: NDArray[np.generic], kind: str, seed: int, prefix: str = ""
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Hash every value of a column.

    Args:
        column: ``(n,)`` values.
        kind: type of the field, which decides the text of a number.
        seed: seed of xxHash64.
        prefix: text before each value, to keep columns apart.

    Returns:
        ``(n,)`` hashes (0 where null) and the mask of values that are not null.
    """
    if kind == "string":
        present = np.not_equal(column, None).astype(bool, copy=False)  # type: ignore[call-overload]
        distinct, inverse = _distinct_texts(column[present].tolist())
    else:
        present = ~np.isnan(column) if column.dtype.kind == "f" else np.ones(len(column), bool)
        unique, inverse = np.unique(column[present], return_inverse=True)
        spelled = unique.astype(np.int64) if kind in WHOLE else unique.astype(np.float64) + 0.0
        distinct = list(map(str, spelled.tolist()))
    hashes = np.zeros(len(column), np.uint64)
    if distinct:
        hashes[present] = hash_texts((prefix + text for text in distinct), seed)[inverse]
    return hashes, present


def to_buckets(hashes: NDArray[np.uint64], buckets: int) -> NDArray[np.intp]:
    """Map hashes onto ``0..buckets - 1`` by intervals, from their upper half.

    Example:
        >>> to_buckets(np.array([0, 2**63, 2**64 - 1], np.uint64), 10).tolist()
        [0, 5, 9]
    """
    upper = np.right_shift(hashes, np.uint64(32))
    return np.right_shift(upper * np.uint64(buckets), np.uint64(32)).astype(np.intp)


def to_signs(hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Draw +1 or -1 from the lowest bit, which the bucket does not use."""
    return 1.0 - 2.0 * np.bitwise_and(hashes, np.uint64(1)).astype(np.float64)


def _distinct_texts(values: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    places: dict[str, int] = {}
    inverse = np.fromiter((places.setdefault(value, len(places)) for value in values), np.intp, len(values))
    return list(places), inverse
