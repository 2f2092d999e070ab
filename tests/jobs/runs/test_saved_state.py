"""State from which a run goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.flink.file_urls import file_url
from jobs.runs.prepare import RunRequest
from jobs.runs.saved_state import StateOfSession, check_sinks, recovery_options, saved_state


def request(output: Path, **more: object) -> RunRequest:
    return RunRequest("fraud-detection", output, environ={}, **more)  # type: ignore[arg-type]


def test_newest_state_is_taken(tmp_path: Path) -> None:
    for index, name in enumerate((".checkpoints/a/chk-9", "savepoints/savepoint-1", ".checkpoints/b/chk-2")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "_metadata").touch()
        os.utime(tmp_path / name / "_metadata", (index, index))
    assert saved_state(request(tmp_path, is_resuming=True)) == file_url(tmp_path / ".checkpoints/b/chk-2")


def test_a_run_takes_over_the_checkpoint_of_an_earlier_one_and_leaves_savepoints_to_their_maker(tmp_path: Path) -> None:
    name = "execution.state-recovery.claim-mode"
    assert recovery_options(file_url(tmp_path / ".checkpoints/b/chk-2"))[name] == "CLAIM"
    assert name not in recovery_options(file_url(tmp_path / "savepoints/savepoint-1"))


def test_state_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "_metadata").touch()
    assert saved_state(request(tmp_path, savepoint=str(tmp_path))) == file_url(tmp_path)
    assert saved_state(request(tmp_path, savepoint=file_url(tmp_path))) == file_url(tmp_path)
    assert saved_state(request(tmp_path, savepoint="s3://bucket/savepoint-1")) == "s3://bucket/savepoint-1"
    assert saved_state(request(tmp_path)) is None


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"is_resuming": True}, "expected a savepoint or checkpoint, got none; start without --resume"),
        ({"savepoint": "nowhere"}, "savepoint nowhere: expected a folder with _metadata, got none; check the path"),
        ({"is_resuming": True, "is_overwriting": True}, "--resume: expected no --overwrite beside it"),
        ({"is_resuming": True, "savepoint": "x"}, "--resume: expected no --from-savepoint beside it, got x"),
    ],
)
def test_state_that_is_not_there_is_refused(more: dict[str, object], text: str, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        saved_state(request(tmp_path, **more))
    assert text in str(caught.value)


def test_a_folder_in_use_without_a_state_is_not_sent_to_a_run_that_refuses_it(tmp_path: Path) -> None:
    (tmp_path / "summary.json").touch()
    with pytest.raises(JobError, match="got none; start anew with another --output, or with --overwrite"):
        saved_state(request(tmp_path, is_resuming=True))


def test_a_state_of_files_that_an_earlier_version_wrote_is_refused() -> None:
    check_sinks(StateOfSession("file:/state", ["sink-predictions", "7_stream-exec-calc"]))
    with pytest.raises(JobError, match=r"state file:/state: expected .* of this version.*got that of an earlier"):
        check_sinks(StateOfSession("file:/state", ["pieces-1", "12_stream-exec-sink_9_streaming-writer"]))
