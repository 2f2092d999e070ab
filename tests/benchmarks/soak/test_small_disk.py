"""A disk that is full has room for nothing, and then for all again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from benchmarks.soak import small_disk
from benchmarks.soak.small_disk import SmallDisk


def test_a_full_disk_takes_nothing_until_it_is_freed(tmp_path: Path) -> None:
    try:
        with SmallDisk(tmp_path / "disk", 1) as disk:
            disk.fill()
            with pytest.raises(OSError, match="No space left") as error:
                (disk.folder / "file").write_bytes(bytes(8192))
            assert error.value.errno == errno.ENOSPC
            disk.free()
            disk.free()
            (disk.folder / "file").write_bytes(bytes(8192))
    except PermissionError:
        pytest.skip("this user may not mount a disk")
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_user_who_may_not_mount_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_disk.os, "geteuid", lambda: 1000)
    text = "expected the right to mount a small disk, got none; run this as root on Linux"
    with pytest.raises(PermissionError, match=text), SmallDisk(tmp_path / "disk", 1):
        pass
    assert not (tmp_path / "disk").exists()
