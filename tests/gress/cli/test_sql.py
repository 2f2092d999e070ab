"""`gress sql`: what it refuses before it starts Flink, and how it shows lines."""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path

import pytest

from gress.cli.sql.output import page_lines, print_lines
from tests.support.commands import Answer, Run, refusal_of


@pytest.fixture
def refused(command_line: Run) -> Answer:
    return partial(refusal_of, partial(command_line, "sql"))


def test_a_file_and_statements_together_are_refused(refused: Answer) -> None:
    assert refused("a.sql", "-e", "SHOW TABLES") == "gress sql: expected FILE or -e, got both\n"


@pytest.mark.parametrize("text", ["", "-- nothing", ";;"])
def test_a_text_without_statements_is_refused(text: str, refused: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(text, encoding="utf-8")
    assert refused("a.sql") == "a.sql: expected a statement, got none\n"


def test_a_quote_that_is_not_closed_is_refused_with_its_line(refused: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SHOW TABLES;\n\nSELECT 'a;\n", encoding="utf-8")
    assert refused("a.sql") == "a.sql:3: expected a closing ' in this statement, got the end of the text\n"


def test_a_comment_that_is_not_closed_is_refused(refused: Answer) -> None:
    assert refused("-e", "SELECT /* a") == "-e:1: expected a closing */ in this statement, got the end of the text\n"


def test_a_file_that_is_not_there_is_refused(refused: Answer) -> None:
    assert refused("none.sql").startswith("none.sql: cannot be read: ")


def test_settings_are_checked_as_by_other_commands(refused: Answer) -> None:
    assert "parallelizm" in refused("-e", "SHOW TABLES", "--set", "execution.parallelizm=2")


def test_standard_input_that_is_no_terminal_is_a_file_of_statements(
    refused: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 'a"))
    assert refused().startswith("standard input:1: expected a closing ' in this statement")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert refused() == "standard input: expected a statement, got none\n"


def test_lines_are_printed_where_nobody_can_page(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [str(number) for number in range(200)]
    page_lines(iter(lines))
    print_lines(["end"])
    assert capsys.readouterr().out.splitlines() == [*lines, "end"]


@pytest.mark.parametrize(
    ("lines", "is_paged"),
    [
        pytest.param(["a" * 40] * 7, False, id="fits"),
        pytest.param(["a" * 41], True, id="too wide"),
        pytest.param(["漢" * 21], True, id="too wide on the terminal alone"),
        pytest.param(["a"] * 8, True, id="too long"),
    ],
)
def test_lines_that_fit_on_the_terminal_are_not_paged(
    monkeypatch: pytest.MonkeyPatch, lines: list[str], is_paged: bool
) -> None:
    terminal, paged = Terminal(), []
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LESS", "")
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("click.echo_via_pager", paged.extend)
    page_lines(iter(lines))
    assert (terminal.getvalue().splitlines(), [line.rstrip("\n") for line in paged]) == (
        ([], lines) if is_paged else (lines, [])
    )


@pytest.mark.parametrize(("own", "used"), [(None, "-RS"), ("-F", "-F")], ids=["none", "own"])
def test_wide_lines_are_paged_unwrapped_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, own: str | None, used: str
) -> None:
    # Set first, so that what the code leaves in the environment is undone, too.
    monkeypatch.setenv("LESS", own or "")
    if own is None:
        monkeypatch.delenv("LESS")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("click.echo_via_pager", lambda lines: None)
    page_lines(["a" * 41])
    assert os.environ["LESS"] == used


class Terminal(io.StringIO):
    """Keeps what is written to a terminal."""

    def isatty(self) -> bool:
        return True
