"""A disk of some hundred KiB, to see what happens when it is full."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FILLER = "filler"


@contextmanager
def small_disk(folder: Path, kib: int = 512) -> Iterator[Path]:
    """Mount a small disk on a new folder; a test without the right to is skipped."""
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root on Linux can mount a disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount a disk")
    try:
        yield folder
    finally:
        # A process that still looks in there must not keep the mount from being hidden.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, *, room_kib: int = 0) -> None:
    """Leave so much room on a disk."""
    with (disk / FILLER).open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
    os.truncate(disk / FILLER, max((disk / FILLER).stat().st_size - (room_kib << 10), 0))


def others(disk: Path) -> set[str]:
    """Return what is on a disk beside the filler."""
    found = (path.relative_to(disk).as_posix() for path in disk.rglob("*") if not path.is_dir())
    return set(found) - {FILLER}
