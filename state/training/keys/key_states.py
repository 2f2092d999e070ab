"""Models of the keys of a shard, as numbers: in the shard's state for good, the newest of them in memory, too."""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.training.waiting import SampleStore

VERSION = 1
KEPT = 512
"""Models of a shard that stay in memory when they are in its state."""
_PREFIX = "key|"
_HEADER = struct.Struct("<BI")
_LARGEST = float(np.finfo(np.float32).max)


class KeyStates:
    """Numbers of the learner of each key, in an entry of the shard's state that only the key's rows read and write.

    Args:
        parameters: numbers of a learner that are its parameters, the first of them.
        kept: models that stay in memory when they are in the state; it decides how fast reads are, and nothing else.
    """

    def __init__(self, parameters: int, kept: int = KEPT) -> None:
        self._parameters, self._kept = parameters, kept
        self._recent: OrderedDict[bytes, NDArray[np.float64]] = OrderedDict()
        self._changed: dict[bytes, bytes] = {}
        self._touched: dict[bytes, bytes] = {}
        self._slot = self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def slot(self) -> int:
        """Slots that have ended."""
        return self._slot

    def get(self, store: SampleStore, name: bytes) -> NDArray[np.float64] | None:
        """Return the numbers of a key's learner; None: it has none."""
        found = self._recent.get(name)
        if found is not None:
            self._recent.move_to_end(name)
            return found
        data = self._changed.get(name) or store.get(_key(name))
        return None if data is None else self._numbers(bytes(data))

    def put(self, name: bytes, numbers: NDArray[np.float64], *, is_new: bool) -> None:
        """Take the numbers of a key's learner, which must not change from then on."""
        self._size += is_new
        self._changed[name] = _HEADER.pack(VERSION, self._slot) + numbers.astype("<f8").tobytes()
        self._touched[name] = self._published(numbers)
        self._recent[name] = numbers
        self._recent.move_to_end(name)
        if len(self._recent) > self._kept:
            self._recent.popitem(last=False)

    def save(self, store: SampleStore) -> None:
        """Write what has changed into the shard's state."""
        for name, data in self._changed.items():
            store.put(_key(name), data)
        self._changed = {}

    def restore(self, entries: Mapping[str, bytes], slot: int) -> None:
        """Continue from the entries of a state, in a slot.

        Raises:
            ValueError: an entry is of another format version.
        """
        self._slot = slot
        for key, data in entries.items():
            if key.startswith(_PREFIX):
                self._size += 1
                numbers = self._numbers(data)
                if _HEADER.unpack_from(data)[1] == slot:
                    self._touched[_name(key)] = self._published(numbers)

    def end_slot(self) -> dict[bytes, bytes]:
        """Return the parameters, float32, of the keys that have learnt in the slot, and begin the next one."""
        found, self._touched = self._touched, {}
        self._slot += 1
        return found

    def _published(self, numbers: NDArray[np.float64]) -> bytes:
        return np.clip(numbers[: self._parameters], -_LARGEST, _LARGEST).astype("<f4").tobytes()

    def _numbers(self, data: bytes) -> NDArray[np.float64]:
        version, _ = _HEADER.unpack_from(data)
        if version != VERSION:
            msg = f"model of a key: expected state of format version {VERSION}, got {version}; start without it"
            raise ValueError(msg)
        return np.frombuffer(data, "<f8", offset=_HEADER.size)


def _key(name: bytes) -> str:
    # Latin-1 has a character for each byte.
    return _PREFIX + name.decode("latin-1")


def _name(key: str) -> bytes:
    return key.removeprefix(_PREFIX).encode("latin-1")
