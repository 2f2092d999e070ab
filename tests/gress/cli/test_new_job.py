"""`gress jobs new` takes flags, or asks on a terminal; what is wrong is a line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from gress.cli.jobs import commands
from tests.support.commands import Run, answer_of, refusal_of

FIELDS = ("--field", "no:long", "--field", "at:timestamp", "--field", "area:double", "--field", "sold:boolean")


def test_flags_are_enough(command_line: Run, tmp_path: Path) -> None:
    told = answer_of(command_line, "jobs", "new", "homes", *FIELDS, "--id", "no", "--label", "sold", "--output", "h")
    first, last = told.splitlines()
    assert first.startswith("h: 1,000 events, a model with AUC 0.")
    assert last == "next: cd h, then see README.md"
    assert "name: homes" in (tmp_path / "h" / "job.yaml").read_text()


def test_events_that_are_left_out_are_told(command_line: Run, tmp_path: Path) -> None:
    rows = [f"{n},{'2026-01-01' if n else ''},{n % 3},{n % 2}\n" for n in range(40)]
    (tmp_path / "in.csv").write_text("id,time,a,label\n" + "".join(rows))
    told = answer_of(command_line, "jobs", "new", "homes", "--sample", "in.csv")
    assert "homes: 39 events" in told
    assert "left out, as a run would not read them: 1; the first: field 'time'" in told


def test_fields_that_are_left_out_are_told(command_line: Run, tmp_path: Path) -> None:
    rows = [f"{n},2026-01-01,{n % 3},nan,,{n % 2}\n" for n in range(40)]
    (tmp_path / "in.csv").write_text("id,time,prediction,odd,none,label\n" + "".join(rows))
    told = answer_of(command_line, "jobs", "new", "homes", "--sample", "in.csv")
    assert told.splitlines()[1:] == [
        "left out, as they hold no values, or not numbers, texts or booleans alone: 'odd', 'none'",
        "next: cd homes, then see README.md",
    ]
    assert "prediction_2: {type: long, source: prediction}" in (tmp_path / "homes" / "job.yaml").read_text()


def test_copy_of_a_shipped_job_is_told(command_line: Run, tmp_path: Path) -> None:
    told = answer_of(command_line, "jobs", "new", "texts", "--like", "sentiment")
    assert told.splitlines() == [
        "texts: 1,000 events, and the settings and models of sentiment",
        "next: cd texts, then see README.md",
    ]
    assert (tmp_path / "texts" / "registry" / "sentiment" / "1.0.0" / "model.onnx").is_file()


def test_without_a_terminal_nothing_is_asked(command_line: Run, tmp_path: Path) -> None:
    error = refusal_of(command_line, "jobs", "new", "homes", *FIELDS, "--id", "no")
    assert "--label: expected the name of a field, got none" in error
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_what_is_missing_is_asked(
    command_line: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"tells events apart": "no", "belong together": "", "truth": "sold"}

    def prompt(question: str, default: str | None) -> str:
        (found,) = (answer for words, answer in answers.items() if words in question)
        return found or str(default)

    monkeypatch.setattr(commands.typer, "prompt", prompt)
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True, raising=False)
    code, _, err = command_line("jobs", "new", "homes", *FIELDS)
    assert (code, err) == (0, "")
    text = (tmp_path / "homes" / "job.yaml").read_text()
    assert [line.split("#")[0].strip() for line in text.splitlines()[7:11]] == [
        "id: no", "key: no", "time: at", "label: sold"
    ]  # fmt: skip


def test_stream_that_is_no_terminal_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    assert commands._asker() is None
