"""A process that comes back when it ends by itself, and the notes of where it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gress.cluster.local import read_cluster
from gress.cluster.task_manager import keep_running, noted_pid, wait_for_pid

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs bash")

# Notes that it ran, and ends with the next of the codes; without one, well.
SCRIPT = 'echo ran >> runs; code=$(head -n 1 codes); sed -i 1d codes; exit "${code:-0}"'


def runs(folder: Path, codes: list[int], *, least_s: int = 0) -> int:
    """Return how often a command ran that ends with these codes."""
    (folder / "codes").write_text("".join(f"{code}\n" for code in codes))
    command = ["bash", "-c", f"cd {folder}; {SCRIPT}"]
    assert keep_running(command, os.environ, least_s=least_s).wait(20) == (codes[-1] if codes else 0)
    return (folder / "runs").read_text().count("ran")


def test_who_ends_by_itself_comes_back(tmp_path: Path) -> None:
    assert runs(tmp_path, [1, 239, 134, 0]) == 4


@pytest.mark.parametrize("code", [0, 130, 137, 143], ids=["well", "Ctrl-C", "kill -9", "kill"])
def test_who_is_stopped_stays_away(code: int, tmp_path: Path) -> None:
    assert runs(tmp_path, [code]) == 1


def test_who_ends_at_once_stays_away(tmp_path: Path) -> None:
    assert runs(tmp_path, [1], least_s=10) == 1


def test_the_last_noted_process_is_the_one_of_now(tmp_path: Path) -> None:
    assert noted_pid(tmp_path, "taskmanager-1") is None
    (tmp_path / "flink-taskmanager-1-taskexecutor.pid").write_text("7\n8\n")
    (tmp_path / "flink-taskmanager-12-taskexecutor.pid").write_text("9\n")
    assert noted_pid(tmp_path, "taskmanager-1") == 8


def test_a_process_that_came_back_is_the_member(tmp_path: Path) -> None:
    (tmp_path / "pid").mkdir()
    (tmp_path / "pid" / "flink-t-taskexecutor.pid").write_text("8\n")
    (tmp_path / "pid" / "flink-j-standalonesession.pid").write_text("9\n")
    members = '[{"role": "taskmanager", "pid": 7, "name": "t"}, {"role": "jobmanager", "pid": 6, "name": "j"}]'
    text = f'{{"address": "a:1", "directory": "{tmp_path}", "slots": 2, "members": {members}}}'
    (tmp_path / "cluster.json").write_text(text)
    assert [member.pid for member in read_cluster(tmp_path).members] == [8, 6]


def test_a_process_that_never_notes_itself_is_none(tmp_path: Path) -> None:
    ended = keep_running(["false"], os.environ)
    assert wait_for_pid(ended, tmp_path, "t", 20) is None
    assert ended.wait(20) == 1
    assert wait_for_pid(keep_running(["false"], os.environ), tmp_path, "t", -1) is None
