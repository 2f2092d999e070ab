"""Models of the keys of a shard as they are published: the shared model, and how each key deviates from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.learning.packed import pack, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1


@dataclass(frozen=True, eq=False)
class KeyTable:
    """Models of keys, or those of them that have learnt since the last slot.

    Attributes:
        shared: bytes of the `LearntModel` that all keys share.
        names: keys as UTF-8, sorted, (m,).
        deviations: what each key adds to the parameters of the shared model, float32 (m, parameters).
    """

    shared: bytes
    names: tuple[bytes, ...]
    deviations: NDArray[np.float32]

    @classmethod
    def of(cls, shared: bytes, deviations: Mapping[bytes, bytes], parameters: int) -> KeyTable:
        """Return the table of deviations by key, each the bytes of float32 numbers."""
        names = sorted(deviations)
        data = b"".join(deviations[name] for name in names)
        return cls(shared, tuple(names), np.frombuffer(data, "<f4").reshape(len(names), parameters))

    def updated(self, newer: KeyTable) -> KeyTable:
        """Return a table with the newer shared model, and the newer deviations of the keys that have some.

        >>> old = KeyTable.of(b"1", {b"a": bytes(4), b"b": bytes(4)}, 1)
        >>> new = KeyTable.of(b"2", {b"b": np.float32(7).tobytes(), b"c": bytes(4)}, 1)
        >>> found = old.updated(new)
        >>> found.shared, found.names, found.deviations[:, 0].tolist()
        (b'2', (b'a', b'b', b'c'), [0.0, 7.0, 0.0])
        """
        places = {name: len(newer.names) + place for place, name in enumerate(self.names)}
        places |= {name: place for place, name in enumerate(newer.names)}
        names = sorted(places)
        both = np.concatenate([newer.deviations, self.deviations])
        return KeyTable(newer.shared, tuple(names), both[[places[name] for name in names]])

    def to_bytes(self) -> bytes:
        """Return the table as bytes."""
        sizes = np.array([len(name) for name in self.names], "<u2").tobytes()
        width = np.array([self.deviations.shape[1]], "<i8").tobytes()
        return pack(VERSION, width, self.shared, sizes, b"".join(self.names), self.deviations.astype("<f4").tobytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> KeyTable:
        """Return what ``to_bytes`` wrote.

        Raises:
            ValueError: it is of another format version.
        """
        width, shared, sizes, names, deviations = unpack("models of keys", VERSION, data)
        ends = np.cumsum(np.frombuffer(sizes, "<u2"), dtype=np.int64).tolist()
        found = tuple(names[begin:end] for begin, end in zip([0, *ends], ends, strict=False))
        numbers = np.frombuffer(deviations, "<f4").reshape(len(found), int(np.frombuffer(width, "<i8")[0]))
        return cls(shared, found, numbers)


def joined_tables(before: bytes | None, after: bytes) -> bytes:
    """Return the bytes of a shard's table with what has changed since; None: there was no table."""
    if before is None:
        return after
    return KeyTable.from_bytes(before).updated(KeyTable.from_bytes(after)).to_bytes()
