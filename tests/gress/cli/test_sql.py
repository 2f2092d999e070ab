"""`gress sql`: what it refuses before it starts Flink, and how it shows lines."""

from __future__ import annotations

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


def test_lines_are_printed_where_nobody_can_page(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [str(number) for number in range(200)]
    page_lines(iter(lines))
    print_lines(["end"])
    assert capsys.readouterr().out.splitlines() == [*lines, "end"]
