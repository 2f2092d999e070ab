"""`gress sql` on a real table environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conf.loading.loader import settings_from
from gress.sql.execution import Executor, SessionEnd, StatementError
from gress.sql.session import SessionOptions, SqlSession
from gress.sql.statements import split_statements

Say = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def session() -> SqlSession:
    return SqlSession(SessionOptions(settings_from({}), is_batch=True), {})


def sayer(session: SqlSession) -> Say:
    """Run statements and return the lines of their answers."""
    lines: list[str] = []

    def say(text: str) -> list[str]:
        lines.clear()
        executor = Executor(session, lines.extend, lines.extend)
        for statement in split_statements(text + ";").statements:
            executor.run(statement, "x.sql")
        return list(lines)

    return say


@pytest.fixture
def say(session: SqlSession) -> Say:
    return sayer(session)


def test_inserts_of_a_set_are_waited_for_before_the_next_statement(say: Say, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1,ann\n2,\n", encoding="utf-8")
    options = "'connector' = 'filesystem', 'path' = '{}', 'format' = '{}'"
    lines = say(f"""
        CREATE TABLE given (id INT, name STRING) WITH ({options.format(tmp_path / "in.csv", "csv")});
        CREATE TABLE kept (id INT, name STRING) WITH ({options.format(tmp_path / "out", "json")});
        BEGIN STATEMENT SET;
        INSERT INTO kept SELECT * FROM given;
        INSERT INTO kept SELECT id, CASE WHEN id > 1 THEN 'more' ELSE ';' END FROM given;
        END;
        SELECT id, name FROM kept ORDER BY id, name;
    """)
    assert lines == [
        "OK", "OK", "OK",
        "id  name", "--  ----", " 1  ;", " 1  ann", " 2", " 2  more", "4 rows",
    ]  # fmt: skip


def test_a_table_may_have_the_columns_of_any_type(say: Say) -> None:
    query = "SELECT ROW(1, 'b') AS r, ARRAY[1, 2] AS a, MAP['k', 1.50] AS m, CAST(NULL AS INT) AS n, x'41' AS b"
    assert say(query)[2] == "(1, b)  [1, 2]  {k=1.50}  NULL  x'41'"


def test_an_error_names_file_line_and_the_nearest_name(say: Say) -> None:
    say("CREATE TEMPORARY VIEW seen AS SELECT 1 AS amount")
    with pytest.raises(
        StatementError, match=r"^x.sql:4: expected a column of the tables, got 'amont'; nearest.*'amount'$"
    ):
        say("SHOW TABLES;\n\nSELECT 1 AS id,\n amont FROM seen")


def test_a_job_that_fails_says_why_at_once(say: Say) -> None:
    with pytest.raises(StatementError, match=r"^x.sql:1: For input string: 'x'"):
        say("SELECT CAST(a AS INT) FROM (VALUES ('x')) AS v(a)")


def test_options_are_set_listed_and_taken_back(say: Say) -> None:
    before = say("SET")
    assert say("SET 'table.local-time-zone' = 'Asia/Tokyo'; RESET 'pipeline.name'") == ["OK", "OK"]
    assert "'table.local-time-zone' = 'Asia/Tokyo'" in say("SET")
    assert say("RESET; SET") == ["OK", *before]


def test_the_mode_of_a_session_cannot_change(say: Say) -> None:
    assert say("SET 'execution.runtime-mode' = 'batch'; RESET") == ["OK", "OK"]
    with pytest.raises(StatementError, match="expected the mode of the session, got 'streaming'; start another one"):
        say("SET 'execution.runtime-mode' = 'streaming'")


def test_quit_ends_the_session(say: Say) -> None:
    with pytest.raises(SessionEnd):
        say("QUIT")


def test_plans_and_definitions_are_shown_as_they_are(say: Say) -> None:
    say("CREATE TEMPORARY VIEW single AS SELECT 1 AS a")
    assert any(
        line.startswith("== Optimized Execution Plan ==")
        for line in "\n".join(say("EXPLAIN SELECT * FROM single")).splitlines()
    )
