"""Signed feature hashing: a text becomes +1 or −1 in one of a fixed number of columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGN = np.uint64(63)
_REST = np.uint64(2**63 - 1)


@dataclass(frozen=True, eq=False)
class HashedRows:
    """The columns in which rows are not 0.

    Attributes:
        columns: column of each feature, (n, f).
        signs: +1 or −1 in that column, (n, f); 0 where a row has no value.
        width: number of columns.
    """

    columns: NDArray[np.int64]
    signs: NDArray[np.float64]
    width: int

    @property
    def used(self) -> NDArray[np.int64]:
        """The columns that some row uses, once or more often, (m,)."""
        used: NDArray[np.int64] = self.columns[self.signs != 0]
        return used

    def dense(self) -> NDArray[np.float64]:
        """Return the rows as a matrix, (n, width); features that share a column add up."""
        matrix = np.zeros((len(self.columns), self.width))
        np.add.at(matrix, (np.arange(len(matrix))[:, np.newaxis], self.columns), self.signs)
        return matrix


def hash_features(features: Mapping[str, NDArray[Any]], width: int) -> HashedRows:
    r"""Hash pairs of name and value into columns; each value of a batch is hashed once.

    The xxHash64 of ``<name>\0<value>`` as UTF-8 gives the sign by its first bit and the column by the others. With
    signs, collisions cancel out on average: products of hashed rows have the mean of products of the rows themselves.
    A whole number is its decimal text, also where it comes as a float. None and NaN are no value.

    Source: Weinberger, Dasgupta, Langford, Smola, Attenberg, Feature hashing for large scale multitask learning,
    ICML 2009, arXiv 0902.2206; xxHash, https://xxhash.com

    Args:
        features: values of each feature by name, (n,) texts or numbers; one feature or more.
        width: number of columns, >= 1; a power of two is usual.

    Raises:
        ValueError: there is no feature, or no column.

    Example:
        >>> rows = hash_features({"country": np.array(["AT", None, "AT"], object)}, 8)
        >>> rows.dense().tolist()[0] == rows.dense().tolist()[2], rows.dense()[1].any().item()
        (True, False)
    """
    if not features or width < 1:
        msg = f"hashing: expected one feature or more and width >= 1, got {len(features)} and {width}; name features"
        raise ValueError(msg)
    hashed = [_hashed(name, values.tolist(), width) for name, values in features.items()]
    columns, signs = zip(*hashed, strict=True)
    return HashedRows(np.stack(columns, axis=1), np.stack(signs, axis=1), width)


def _hashed(name: str, values: list[Any], width: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    from xxhash import xxh64_intdigest

    texts = [_text(value) for value in values]
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    keys = ("" if text is None else f"{name}\0{text}" for text in places)
    hashes = np.fromiter(
        (xxh64_intdigest(key.encode("utf-8", "surrogatepass")) for key in keys), np.uint64, len(places)
    )
    columns = ((hashes & _REST) % np.uint64(width)).astype(np.int64)
    signs = 1.0 - 2.0 * (hashes >> _SIGN)
    if None in places:
        columns[places[None]], signs[places[None]] = 0, 0.0
    rows = np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))
    return columns[rows], signs[rows]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
