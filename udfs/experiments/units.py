"""Units of an experiment to points: a unit's point is the xxHash64 of ``<salt>.<unit>`` as UTF-8.

A whole number is its decimal text. So a unit has the same point in every process, language and release.

Source: xxHash, https://xxhash.com
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Units:
    """The units of a batch.

    Args:
        column: (n,) texts as objects; or whole numbers as int64, as float64 with NaN, or as objects.

    Attributes:
        size: n.
        is_missing: (n,) whether a row has none: NULL, or an empty text; None: each has one.
    """

    def __init__(self, column: NDArray[Any]) -> None:
        self.size = len(column)
        missing = _missing(column)
        self.is_missing = missing if missing is not None and missing.any() else None
        self._texts = _texts(column if self.is_missing is None else column[~self.is_missing])

    def names(self, most: int) -> NDArray[np.bytes_]:
        """Return the units themselves as UTF-8, (n,); empty where one is missing, or has more than so many bytes."""
        encoded = [name if len(name) <= most else b"" for name in map(_utf8, self._texts)]
        found = np.array(encoded or [b""])
        if self.is_missing is None:
            return found[: self.size]
        names = np.zeros(self.size, found.dtype)
        names[~self.is_missing] = found[: len(encoded)]
        return names

    def points(self, salt: str) -> NDArray[np.uint64]:
        """Return the point of each row under a salt, (n,); 0 where its unit is missing."""
        from xxhash import xxh64_digest

        # A digest is the number with its highest byte first; one array of them is made sooner than one of numbers.
        digests = b"".join(map(xxh64_digest, _salted(f"{salt}.", self._texts)))
        hashes = np.frombuffer(digests, ">u8").astype(np.uint64)
        if self.is_missing is None:
            return hashes
        points = np.zeros(self.size, np.uint64)
        points[~self.is_missing] = hashes
        return points


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, which no other program would read
        return b""


def _missing(column: NDArray[Any]) -> NDArray[np.bool_] | None:
    if column.dtype.kind == "f":
        return np.asarray(np.isnan(column))
    if column.dtype != object:
        return None
    values = column.tolist()
    if all(values):
        return None
    return np.fromiter([value is None or value == "" for value in values], np.bool_, len(values))


def _texts(present: NDArray[Any]) -> list[str]:
    if present.dtype.kind == "f":
        present = present.astype(np.int64)
    values = present.tolist()
    return values if values and isinstance(values[0], str) else list(map(str, values))


def _salted(prefix: str, texts: list[str]) -> list[bytes]:
    """Return the bytes of texts, each after a prefix, for most of them in three calls."""
    joined = prefix + f"\0{prefix}".join(texts)
    salted = joined.encode("utf-8", "surrogatepass").split(b"\0")
    if len(salted) == len(texts):
        return salted
    # There are none, or one of them has the separator in it.
    return [f"{prefix}{text}".encode("utf-8", "surrogatepass") for text in texts]
