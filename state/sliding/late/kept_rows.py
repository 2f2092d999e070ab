"""Rows that are found by their keys: in sorted parts, so that a look for a few keys reads a few places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from state.sliding.codes import LEAST, to_codes
from state.sliding.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.plan import SlidingPlan
    from state.sliding.rows import Column


@dataclass
class KeySet:
    """Some values of a key field; NULL is one like any other.

    Attributes:
        codes: numbers, ascending: of numeric keys their codes, of texts their hashes.
        texts: the texts.
        has_null: NULL is among them.
    """

    codes: NDArray[np.int64]
    texts: set[str] = field(default_factory=set)
    has_null: bool = False

    @classmethod
    def of(cls, keys: Column) -> KeySet:
        """Return the values of a column."""
        has_null = keys.nulls is not None and bool(keys.nulls.any())
        values = keys.values if keys.nulls is None else keys.values[~keys.nulls]
        texts = set(values.tolist()) if values.dtype == object else set()
        return cls(np.unique(_codes_of(keys)), texts, has_null)

    def __or__(self, other: KeySet) -> KeySet:
        codes = np.union1d(self.codes, other.codes)
        return KeySet(codes, self.texts | other.texts, self.has_null or other.has_null)

    def __le__(self, other: KeySet) -> bool:
        is_known = bool(np.isin(self.codes, other.codes).all())
        return is_known and self.texts <= other.texts and self.has_null <= other.has_null

    def find(self, keys: Column) -> NDArray[np.bool_]:
        """Return which keys of a column are among the values."""
        if keys.values.dtype == object:
            texts = self.texts
            found = np.fromiter((text in texts for text in keys.values.tolist()), np.bool_, len(keys.values))
        else:
            codes = to_codes(keys.values)
            at = self.codes.searchsorted(codes)
            found = self.codes.take(at, mode="clip") == codes
        if keys.nulls is not None:
            found[keys.nulls] = self.has_null
        return found


class KeptRows:
    """Rows in parts that are sorted by key; each has less than half the rows of the one before it, so they are few.

    Args:
        plan: names the columns of rows.
    """

    def __init__(self, plan: SlidingPlan) -> None:
        self._plan = plan
        self._parts: list[tuple[NDArray[np.int64], Rows]] = []
        self._evicted_ms = LEAST

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self._parts)

    def add(self, rows: Rows) -> None:
        """Keep rows."""
        if not len(rows):
            return
        self._parts.append(_by_code(rows))
        while len(self._parts) > 1 and 2 * len(self._parts[-1][1]) >= len(self._parts[-2][1]):
            joined = Rows.concatenate([self._parts.pop(-2)[1], self._parts.pop()[1]])
            self._parts.append(_by_code(joined.take(np.flatnonzero(joined.times > self._evicted_ms))))

    def evict(self, time_ms: int) -> None:
        """Let rows up to a time go; those in a part with later ones stay until parts are joined."""
        self._evicted_ms = time_ms
        self._parts = [part for part in self._parts if int(part[1].times.max(initial=LEAST)) > time_ms]

    def of(self, keys: KeySet) -> Rows:
        """Return the rows of some keys."""
        found = [self._plan.no_rows()]
        for codes, rows in self._parts:
            begins, ends = codes.searchsorted(keys.codes), codes.searchsorted(keys.codes, side="right")
            places = np.repeat(begins - np.cumsum(ends - begins) + (ends - begins), ends - begins)
            taken = rows.take(places + np.arange(len(places)))
            # Texts may share a hash.
            found.append(taken.take(np.flatnonzero(keys.find(taken.key))))
        return Rows.concatenate(found)

    def all(self) -> Rows:
        """Return all rows."""
        return Rows.concatenate([self._plan.no_rows(), *(rows for _, rows in self._parts)])


def _by_code(rows: Rows) -> tuple[NDArray[np.int64], Rows]:
    codes = _codes_of(rows.key)
    order = np.argsort(codes, kind="stable")
    return codes.take(order), rows.take(order)


def _codes_of(keys: Column) -> NDArray[np.int64]:
    """Return the code of each key, and of a text its hash; that of NULL is 0."""
    if keys.values.dtype == object:
        texts = [text or "" for text in keys.values.tolist()]
        codes = np.array([crc32(text.encode("utf-8", "surrogatepass")) for text in texts], np.int64)
    else:
        codes = to_codes(keys.values)
    return codes if keys.nulls is None else np.where(keys.nulls, 0, codes)
