from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from conf.folders.own_folder import make_own_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_own_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a" / "b") == 0o700


def test_open_folder_of_one_s_own_is_closed_and_keeps_its_files(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o777)
    (own / "file").touch()
    make_own_folder(own)
    assert mode(own) == 0o700
    assert (own / "file").exists()


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError, match="a link or a file is in its place"):
        make_own_folder(tmp_path / "link")
    assert mode(tmp_path / "elsewhere") != 0o700


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(PermissionError, match="it belongs to somebody else"):
        make_own_folder(tmp_path / "theirs")
