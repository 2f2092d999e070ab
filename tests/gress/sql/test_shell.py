"""Loop of the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from gress.sql.execution import SessionEnd
from gress.sql.shell import FIRST, NEXT, talk
from gress.sql.statements import Statement
from jobs.errors import fail


class Fake:
    """Executes nothing; some words fail, are interrupted, or end the session."""

    def __init__(self, lines: Sequence[str | type[BaseException]]) -> None:
        self._lines = iter(lines)
        self.prompts: list[str] = []
        self.ran: list[str] = []
        self.told: list[str] = []

    def read(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = next(self._lines, EOFError)
        if isinstance(line, str):
            return line
        raise line

    def run(self, statement: Statement, origin: str) -> None:
        self.ran.append(statement.text)
        if statement.text == "BAD":
            fail(f"{origin}:{statement.line}", "no")
        if statement.text == "LONG":
            raise KeyboardInterrupt
        if statement.text == "QUIT":
            raise SessionEnd


def talked(*lines: str | type[BaseException]) -> Fake:
    fake = Fake(lines)
    talk(fake, fake.read, fake.told.append)
    return fake


def test_a_statement_ends_with_its_semicolon_and_may_have_many_lines() -> None:
    fake = talked("SELECT", " ';", "';", "SHOW TABLES; SHOW MODELS;")
    assert fake.ran == ["SELECT\n ';\n'", "SHOW TABLES", "SHOW MODELS"]
    assert fake.prompts == [FIRST, NEXT, NEXT, FIRST, FIRST]


def test_the_rest_of_a_line_begins_the_next_statement() -> None:
    assert talked("A; B", "C;").ran == ["A", "B\nC"]


def test_an_error_is_told_and_the_session_goes_on() -> None:
    fake = talked("BAD; A;", "B;")
    assert (fake.ran, fake.told) == (["BAD", "A", "B"], ["sql:1: no"])


def test_an_interrupt_ends_a_query_and_not_the_session() -> None:
    fake = talked("LONG;", "A;")
    assert (fake.ran, fake.told) == (["LONG", "A"], ["cancelled"])


def test_an_interrupt_drops_what_is_being_typed() -> None:
    assert talked("SELECT a", KeyboardInterrupt, "A;").ran == ["A"]


def test_quit_ends_the_session_at_once() -> None:
    assert talked("QUIT; A;", "B;").ran == ["QUIT"]


def test_blank_lines_and_comments_are_no_statement() -> None:
    fake = talked("", "-- nothing", "A;")
    assert (fake.ran, fake.prompts) == (["A"], [FIRST] * 4)
