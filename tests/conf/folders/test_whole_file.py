from __future__ import annotations

from pathlib import Path

import pytest

from conf.folders.whole_file import whole_file
from tests.support.small_disk import fill, small_disk


def test_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with whole_file(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert [each.read_text() for each in tmp_path.iterdir()] == ["new"]


def test_block_that_fails_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def write() -> None:
        with whole_file(path) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


def test_full_disk_keeps_the_earlier_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        path = disk / "a.json"
        path.write_text("old")
        fill(disk)

        def write() -> None:
            with whole_file(path) as part:
                part.write_bytes(bytes(1 << 16))

        with pytest.raises(OSError, match=rf"No space left on device: '{path}'"):
            write()
        assert path.read_text() == "old"
        assert not (disk / ".a.json.part").exists()
