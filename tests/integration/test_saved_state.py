"""Savepoints as `gress state inspect` reads them, and the refusal of one that another engine of windows left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jobs.runs.saved_state
from conf.loading.loader import load_settings
from conf.settings import Settings
from gress.inspection.saved_state import SavedState, inspect
from jobs.catalogue import default_config
from jobs.errors import JobError
from jobs.flink.environment import open_session
from jobs.flink.file_urls import file_url
from jobs.flink.jvm.collection import planning
from jobs.runs.saved_state import STATE_OPTION, check_engine, check_input, state_of
from tests.integration.kafka.old_savepoint import FOLDER, events


@pytest.fixture(scope="module")
def saved() -> SavedState:
    return inspect(str(FOLDER / "sliding" / "state"))


def test_rows_and_keys_are_those_that_had_an_answer(saved: SavedState) -> None:
    text = (FOLDER / "sliding" / "predictions.jsonl").read_text("utf-8")
    early = {int(row["event_id"]) for row in map(json.loads, text.splitlines()) if row["early"]}
    answered = [row for row in map(json.loads, events()) if row["TRANSACTION_ID"] in early]
    assert len(answered) == len(early) > 100
    assert saved.windows == "sliding"
    by_key = {stage.key: stage.shards for stage in saved.stages}
    assert set(by_key) == {"CUSTOMER_ID", "TERMINAL_ID"}
    terminals = by_key["TERMINAL_ID"]
    assert sum(shard.rows or 0 for shard in terminals) == len(answered)
    assert sum(shard.keys or 0 for shard in terminals) == len({row["TERMINAL_ID"] for row in answered})
    assert all(shard.bytes > 0 for shard in terminals)
    # The windows of customers are shorter than the time of these events.
    assert 0 < sum(shard.rows or 0 for shard in by_key["CUSTOMER_ID"]) < len(answered)


def test_shards_are_key_groups_at_even_distances(saved: SavedState) -> None:
    (groups,) = {each.max_parallelism for each in saved.operators if each.uid.startswith("windows-")}
    assert {shard.group % (groups // 32) for stage in saved.stages for shard in stage.shards} == {0}


def test_state_of_the_other_engine_has_no_stages() -> None:
    found = inspect(str(FOLDER / "sql" / "state"))
    assert found.windows == "sql"
    assert found.stages == []
    assert sum(each.state_bytes for each in found.operators) > 10_000


def test_place_without_a_savepoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"expected a folder with _metadata, got none; check the path"):
        inspect(str(tmp_path))


@pytest.mark.parametrize(("left", "asked"), [("sql", "sliding"), ("sliding", "sql")])
def test_windows_of_another_engine_are_refused_by_name(left: str, asked: str) -> None:
    check(left, left)
    with pytest.raises(JobError) as refused:
        check(left, asked)
    assert f"expected windows of the engine {asked}, got those of {left}; set execution.windows: {left}" in str(
        refused.value
    )


def check(left: str, asked: str) -> None:
    settings = load_settings(default_config("fraud-detection"), overrides=[f"execution.windows={asked}"], environ={})
    with planning():
        session = open_session(settings, extra={STATE_OPTION: file_url(FOLDER / left / "state")})
        check_engine(state_of(session), settings)


@pytest.mark.parametrize(
    ("saved", "uid", "is_refused"),
    [
        (["pieces-1234", "windows-a"], "pieces-1234", False),
        (["pieces-1234", "windows-a"], "pieces-5678", True),
        (["files"], "pieces-5678", True),
        (["windows-a"], "pieces-5678", False),
        (["files"], None, False),
    ],
)
def test_state_of_other_files_is_refused_by_name(
    saved: list[str], uid: str | None, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.runs.saved_state, "saved_uids", lambda _: saved)
    with planning():
        session = open_session(Settings(), extra={STATE_OPTION: "file:///state"})
    if not is_refused:
        check_input(state_of(session), uid)
        return
    with pytest.raises(JobError, match=r"state file:///state: expected that of a run over these files, got that of"):
        check_input(state_of(session), uid)
