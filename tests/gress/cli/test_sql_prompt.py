"""Prompt of `gress sql`, with keys that are typed by the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from gress.cli.sql.prompt import history_file, open_prompt, require_prompt
from gress.sql.completion import Names
from jobs.errors import JobError


def typed(keys: str, history: Path) -> str:
    """Type keys at a prompt, and return the line."""
    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        return open_prompt(Names, history, input=keyboard, output=DummyOutput()).prompt("sql> ")


def test_names_are_completed_from_the_letters_before_the_cursor(tmp_path: Path) -> None:
    prompt = open_prompt(lambda: Names(columns=("amount",)), tmp_path / "history", output=DummyOutput())
    assert prompt.completer is not None
    found = list(prompt.completer.get_completions(Document("SELECT amo"), CompleteEvent()))
    assert [(each.text, each.start_position) for each in found] == [("amount", -3)]


def test_lines_of_earlier_sessions_are_an_arrow_away(tmp_path: Path) -> None:
    history = tmp_path / "state" / "history"
    typed("SHOW TABLES;\r", history)
    assert typed("\x1b[A\r", history) == "SHOW TABLES;"


def test_history_is_below_the_state_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert history_file({"XDG_STATE_HOME": "/s"}) == Path("/s/gress-ml/sql_history")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert history_file({}) == tmp_path / ".local/state/gress-ml/sql_history"


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gress.cli.sql.prompt.find_spec", lambda name: None)
    with pytest.raises(JobError, match=r"prompt_toolkit for its prompt, got none; pip install 'gress-ml\[sql\]'"):
        require_prompt()
