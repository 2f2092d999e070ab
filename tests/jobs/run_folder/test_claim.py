"""One run at a time has a folder, and none has one that is in use."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.run_folder.claim import check_free, claim
from jobs.run_folder.owner import MARKER
from tests.jobs.run_folder.claims import contents


def test_of_two_runs_at_once_the_second_is_refused(output: Path) -> None:
    with claim(output, is_overwriting=True):
        before = contents(output)
        for options in ({"is_overwriting": True}, {"is_overwriting": False}):
            with pytest.raises(JobError, match=r"expected a folder that no other run writes to, got that of a run at"):
                claim(output, **options)
        with pytest.raises(JobError, match="got that of a run at work; stop it, or name another --output"):
            claim(output, is_overwriting=False, is_resuming=True)
        with pytest.raises(JobError, match="got that of a run at work"):
            check_free(output)
        assert contents(output) == before
    check_free(output)
    claim(output, is_overwriting=False, is_resuming=True)


def test_claim_ends_with_its_process(output: Path, repository: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from jobs.run_folder.claim import claim; "
        "held = claim(Path(sys.argv[1]), is_overwriting=True); print(1); sys.stdout.flush(); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(output)]
    with subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(JobError, match="got that of a run at work"):
            claim(output, is_overwriting=True)
        other.kill()
    with claim(output, is_overwriting=True):
        assert contents(output / ".earlier")["summary.json"] == "old"


def test_of_runs_that_replace_at_once_one_gets_the_folder(output: Path) -> None:
    start = threading.Barrier(8)
    held, refused = [], []

    def take() -> None:
        start.wait()
        try:
            held.append(claim(output, is_overwriting=True))
        except JobError:
            refused.append(1)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 7)
    assert contents(output / ".earlier")["summary.json"] == "old"


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"file/out: expected a folder that can be made and written, got .*Not a direct"):
        claim(tmp_path / "file" / "out", is_overwriting=False)


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(JobError, match="expected a new or empty folder, got one in use; name another"):
        claim(tmp_path, is_overwriting=False)


def test_folder_of_a_run_may_be_gone_on_from_or_overwritten(tmp_path: Path) -> None:
    claim(tmp_path / "out", is_overwriting=False)
    with pytest.raises(JobError, match="got a run's; add --resume or --overwrite"):
        claim(tmp_path / "out", is_overwriting=False)
    claim(tmp_path / "out", is_overwriting=True)


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "folder"])
def test_what_no_run_wrote_is_never_removed(is_file: bool, tmp_path: Path) -> None:
    output = tmp_path / "out"
    if is_file:
        output.write_text("mine")
    else:
        output.mkdir()
        (output / "mine").touch()
    with pytest.raises(JobError, match="expected a new or empty folder, got one in use; name another"):
        claim(output, is_overwriting=True)
    assert output.is_file() == is_file
    assert is_file or (output / "mine").exists()


def test_savepoint_of_a_stopped_run_is_not_overwritten(tmp_path: Path) -> None:
    claim(tmp_path / "out", is_overwriting=False)
    saved = tmp_path / "out" / "savepoints" / "savepoint-1" / "_metadata"
    saved.parent.mkdir(parents=True)
    saved.touch()
    with pytest.raises(JobError, match=r"--overwrite: .*expected no savepoint of a stopped run, got savepoint-1"):
        claim(tmp_path / "out", is_overwriting=True)
    assert saved.is_file()


@pytest.mark.parametrize("url", ["s3://bucket/out", "hdfs://host/out", "file:///tmp/out"])
def test_url_makes_no_local_folder(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError, match=r"expected a folder of this machine, got a URL; name a local or mounted folder"):
        claim(Path(url), is_overwriting=False)
    assert list(tmp_path.iterdir()) == []


def test_of_two_runs_at_once_one_gets_the_folder(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    answers: list[str] = []

    def take() -> None:
        start.wait()
        try:
            claim(tmp_path / "out", is_overwriting=False)
            answers.append("taken")
        except JobError:
            answers.append("refused")

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused"] * 7 + ["taken"]


def test_empty_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    claim(tmp_path, is_overwriting=False)
    assert (tmp_path / MARKER).is_file()
