"""Files of metric values whose blocks are on the disk before memory is mapped to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_BLOCK = 1 << 16


def allocate(path: str, size: int, write: Callable[[int, bytes], int] = os.write) -> None:
    """Extend a file with zeros to a size, or leave it as it was.

    Args:
        path: the file; it is made if it does not exist.
        size: bytes.
        write: function that writes to a file descriptor.

    Raises:
        OSError: there is no room.
    """
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
    before = os.fstat(file).st_size
    try:
        for begin in range(before, size, _BLOCK):
            zeros = bytes(min(_BLOCK, size - begin))
            while zeros:
                zeros = zeros[write(file, zeros) :]
    except OSError:
        os.ftruncate(file, before)
        # An empty file would not be a file of values.
        if not before:
            Path(path).unlink()
        raise
    finally:
        os.close(file)


@cache
def allocated_dict() -> Any:
    """Return prometheus-client's file of values, changed to allocate its blocks first.

    Its own makes a file with holes, as `truncate` does. On a full disk a write into a hole
    ends the process with SIGBUS.
    """
    from prometheus_client import mmap_dict

    base: Any = mmap_dict.MmapedDict

    class AllocatedDict(base):  # type: ignore[misc]
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            if not read_mode:
                allocate(filename, _BLOCK)
            super().__init__(filename, read_mode)

        def _init_value(self, key: str) -> None:
            # The key with its padding, its length, and two doubles.
            needed, capacity = self._used + len(key.encode()) + 8 + 4 + 16, self._capacity
            while capacity < needed:
                capacity *= 2
            allocate(self._fname, capacity)
            super()._init_value(key)

    return AllocatedDict
