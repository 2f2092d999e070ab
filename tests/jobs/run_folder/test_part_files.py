from __future__ import annotations

from pathlib import Path

import pytest

import jobs.run_folder.part_files
from jobs.run_folder.part_files import LineCounter, final_parts, line_blocks


def test_folder_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    assert LineCounter(tmp_path / "later").poll() == 0


def test_each_line_is_counted_once(tmp_path: Path) -> None:
    counter = LineCounter(tmp_path)
    part = tmp_path / ".part-0.inprogress"
    part.write_bytes(b"a\nb")
    assert counter.poll() == 1
    with part.open("ab") as file:
        file.write(b"c\nd\n")
    assert counter.poll() == 3
    assert counter.poll() == 3


def test_part_that_becomes_final_is_not_counted_again(tmp_path: Path) -> None:
    counter = LineCounter(tmp_path)
    (tmp_path / ".part-0.inprogress").write_bytes(b"a\nb\n")
    assert counter.poll() == 2
    (tmp_path / ".part-0.inprogress").rename(tmp_path / "part-0")
    (tmp_path / "part-1").write_bytes(b"c\n")
    assert counter.poll() == 3


def test_what_a_killed_run_left_behind_counts_once_it_is_final(tmp_path: Path) -> None:
    left, lost = (tmp_path / f".part-{number}.inprogress" for number in range(2))
    for path in (left, lost):
        path.write_bytes(b"a\nb\nc\n")
    counter = LineCounter(tmp_path)
    assert counter.poll() == 0
    with left.open("r+b") as file:
        # Flink goes on behind the last checkpoint.
        file.truncate(2)
    left.rename(tmp_path / "part-0")
    (tmp_path / ".part-2.inprogress").write_bytes(b"b\nc\n")
    assert counter.poll() == 3
    assert counter.poll() == 3


def test_only_part_files_count(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_bytes(b"a\n")
    assert LineCounter(tmp_path).poll() == 0


def test_parts_are_final_when_their_name_says_so(tmp_path: Path) -> None:
    for name in ("part-1", "part-0", ".part-2.inprogress", "other"):
        (tmp_path / name).touch()
    assert [path.name for path in final_parts(tmp_path)] == ["part-0", "part-1"]


def test_blocks_end_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.run_folder.part_files, "_CHUNK_BYTES", 4)
    (tmp_path / "part-0").write_bytes(b"aa\nbbbbbb\nc\n")
    (tmp_path / "part-1").write_bytes(b"d\n")
    blocks = list(line_blocks(tmp_path))
    assert blocks == [b"aa\nbbbbbb\n", b"c\n", b"d\n"]


def test_folder_without_parts_has_no_blocks(tmp_path: Path) -> None:
    assert list(line_blocks(tmp_path / "none")) == []
