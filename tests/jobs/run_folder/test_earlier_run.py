"""Files of an earlier run are replaced once the new one has started; other files never are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import JobError
from jobs.run_folder.claim import Claim, claim, put_back
from jobs.run_folder.earlier_run import EarlierRun
from jobs.run_folder.owner import MARKER
from tests.jobs.run_folder.claims import NOTES, contents, fail_after, write_run


def test_run_that_cannot_start_leaves_the_earlier_one(output: Path) -> None:
    before = contents(output)

    def write(held: Claim) -> None:
        write_run(output, "new")
        assert contents(output / ".earlier")["summary.json"] == "old"

    with pytest.raises(JobError, match="topic t"):
        fail_after(write, output, is_overwriting=True)
    assert contents(output) == before


def test_run_that_has_started_replaces_it_whatever_happens_then(output: Path) -> None:
    def write(held: Claim) -> None:
        write_run(output, "new")
        held.keep()

    with pytest.raises(JobError, match="topic t"):
        fail_after(write, output, is_overwriting=True)
    found = contents(output)
    assert {found.pop(NOTES), found.pop(MARKER)} == {"mine", ""}
    assert found == {"predictions/part-0.jsonl": "new", "summary.json": "new", "learning/part-new": "new"}


def test_run_without_an_error_replaces_it(output: Path) -> None:
    with claim(output, is_overwriting=True):
        write_run(output, "new")
    assert set(contents(output).values()) == {"new", "mine", ""}
    assert not list(output.glob(".earlier*"))


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "not-there"])
def test_new_folder_of_a_run_that_cannot_start_is_as_before(is_there: bool, tmp_path: Path) -> None:
    output = tmp_path / "out"
    if is_there:
        output.mkdir()

    def write(held: Claim) -> None:
        (output / "input.jsonl").write_text("{}")
        (output / ".checkpoints").mkdir()

    with pytest.raises(JobError, match="topic t"):
        fail_after(write, output)
    assert (output.is_dir() and not list(output.iterdir())) if is_there else not output.exists()


def test_file_that_somebody_put_into_a_new_folder_stays(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with pytest.raises(JobError, match="topic t"):
        fail_after(lambda _: (output / NOTES).write_text("mine"), output)
    assert contents(output) == {NOTES: "mine"}


class KilledError(BaseException):
    """The end of a process, which no code of ours can handle."""


def dying_after(monkeypatch: pytest.MonkeyPatch, left: int) -> None:
    """Let the process die before a step that changes the folder."""
    steps = iter(range(left))

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def once(*args: Any, **options: Any) -> Any:
            if next(steps, None) is None:
                raise KilledError
            return call(*args, **options)

        return once

    for owner, name in ((Path, "rename"), (Path, "mkdir"), (Path, "rmdir"), (Path, "unlink"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))


def replaced_and_killed(output: Path, left: int, ending: str) -> bool:
    """Return whether a run that replaces another was killed; ``ending`` is the method of its claim that it calls."""
    with pytest.MonkeyPatch.context() as patch:
        dying_after(patch, left)
        try:
            held = claim(output, is_overwriting=True)
            for name in ("summary.json", "input.jsonl"):
                (output / name).write_text("new")
            getattr(held, ending)()
        except KilledError:
            return True
    return False


@pytest.mark.parametrize(("ending", "can_be_new"), [("give_up", False), ("keep", True)])
def test_kill_at_any_moment_loses_nothing(ending: str, can_be_new: bool, output: Path, tmp_path: Path) -> None:
    before = contents(output)
    shutil.copytree(output, tmp_path / "copy")
    moments, were_new = 0, []
    is_killed = True
    while is_killed:
        shutil.rmtree(output)
        shutil.copytree(tmp_path / "copy", output)
        is_killed = replaced_and_killed(output, moments, ending)
        with pytest.raises(JobError, match="a run's"):
            claim(output, is_overwriting=False)
        found = contents(output)
        were_new.append(found["summary.json"] == "new")
        assert found == (
            {**dict.fromkeys(("summary.json", "input.jsonl"), "new"), NOTES: "mine", MARKER: ""}
            if were_new[-1]
            else before
        )
        moments += 1
    assert moments > 7
    assert (were_new[0], were_new[-1]) == (False, can_be_new)


def test_links_are_moved_and_removed_and_never_followed(output: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (output / "alerts").symlink_to(tmp_path / "elsewhere")
    with claim(output, is_overwriting=True):
        pass
    assert not (output / "alerts").is_symlink()
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_run_that_goes_on_leaves_all_where_it_is(output: Path) -> None:
    before = contents(output)
    with pytest.raises(JobError, match="topic t"):
        fail_after(lambda _: None, output, is_resuming=True)
    with claim(output, is_overwriting=False, is_resuming=True):
        pass
    assert contents(output) == before


@pytest.mark.parametrize("call", [EarlierRun.restore, EarlierRun.remove], ids=["restore", "remove"])
def test_nothing_set_aside_is_nothing_to_do(call: Callable[[EarlierRun], None], output: Path) -> None:
    before = contents(output)
    call(EarlierRun(output))
    assert contents(output) == before


def test_run_can_be_gone_on_from_where_the_one_after_it_was_killed_before_its_start(output: Path) -> None:
    before = contents(output)
    held = claim(output, is_overwriting=True)
    write_run(output, "new")
    del held
    assert contents(output / ".earlier")["summary.json"] == "old"
    put_back(output)
    assert contents(output) == before
    put_back(output)
    put_back(output / "nowhere")
    assert contents(output) == before


def test_file_that_somebody_put_among_the_rows_is_not_removed(output: Path) -> None:
    (output / "predictions" / NOTES).write_text("mine")
    before = contents(output)
    want = r"--overwrite: .*out: expected only files of a run among its rows, got predictions/notes\.txt; move it"
    with pytest.raises(JobError, match=want):
        claim(output, is_overwriting=True)
    assert contents(output) == before
    with claim(output, is_overwriting=False, is_resuming=True):
        pass
    assert contents(output) == before
