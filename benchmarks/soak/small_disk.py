"""A small disk that can be full for a while."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

_FILLER = "filler"
# Each write gives other threads of Python a turn, so that many small ones would take long beside busy threads.
_BLOCK = bytes(1 << 22)


class SmallDisk:
    """A disk in memory on a new folder, for as long as the context lasts.

    Args:
        folder: where it is mounted.
        mib: its size.

    Raises:
        PermissionError: this user may not mount a disk, or the system has none of this kind.
    """

    def __init__(self, folder: Path, mib: int) -> None:
        self.folder, self._mib = folder, mib

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._mib}m", "tmpfs", str(self.folder)]
        may_mount = sys.platform == "linux" and not os.geteuid() and shutil.which("mount") is not None
        if not may_mount or subprocess.run(command, capture_output=True, check=False).returncode:
            self.folder.rmdir()
            msg = f"{self.folder}: expected the right to mount a small disk, got none; run this as root on Linux"
            raise PermissionError(msg)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A process that still looks in there must not keep the mount from being hidden.
        subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def fill(self) -> None:
        """Take all room that is left."""
        with (self.folder / _FILLER).open("ab", buffering=0) as file, suppress(OSError):
            while file.write(_BLOCK):
                pass

    def free(self) -> None:
        """Give the room back."""
        (self.folder / _FILLER).unlink(missing_ok=True)
