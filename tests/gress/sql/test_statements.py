"""Statements in texts: where each begins, and where it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gress.sql.statements import Statement, split_statements


def texts(sql: str) -> list[str]:
    return [each.text for each in split_statements(sql).statements]


@pytest.mark.parametrize(
    ("sql", "want"),
    [
        pytest.param("SELECT ';';", ["SELECT ';'"], id="text"),
        pytest.param("SELECT 'it''s;';", ["SELECT 'it''s;'"], id="doubled quote"),
        pytest.param("SELECT `a;b``;` FROM t;", ["SELECT `a;b``;` FROM t"], id="identifier"),
        pytest.param("SELECT 1 -- no; end\n;", ["SELECT 1 -- no; end"], id="line comment"),
        pytest.param("SELECT /* ; */ 1;", ["SELECT /* ; */ 1"], id="block comment"),
        pytest.param("/* a; */ -- b;\nSELECT 1;", ["SELECT 1"], id="comments before"),
        pytest.param("SELECT /*+ STATE_TTL('a'='1d') */ 1;", ["SELECT /*+ STATE_TTL('a'='1d') */ 1"], id="hint"),
        pytest.param(";;SELECT 1;;", ["SELECT 1"], id="empty statements"),
        pytest.param("SELECT '--'; SELECT '/*';", ["SELECT '--'", "SELECT '/*'"], id="comment in text"),
        pytest.param("SELECT 4 / 2 - -1;", ["SELECT 4 / 2 - -1"], id="operators"),
    ],
)
def test_only_a_semicolon_outside_quotes_and_comments_ends_a_statement(sql: str, want: list[str]) -> None:
    assert texts(sql) == want


def test_line_of_each_statement_is_that_of_its_first_word() -> None:
    sql = "-- head\n\nSELECT\n 1;\n/* x\n */ SHOW TABLES; DROP TABLE t"
    split = split_statements(sql)
    assert [each.line for each in split.statements] == [3, 6]
    assert split.rest == Statement("DROP TABLE t", 6)


def test_a_statement_set_is_one_statement_up_to_its_end() -> None:
    sql = "EXECUTE STATEMENT SET BEGIN\nINSERT INTO a SELECT CASE x WHEN 1 THEN 2 END;\nINSERT INTO b SELECT 2;\nEND;"
    sql += "\nSELECT 1;"
    assert texts(sql) == [sql[: sql.index(";\nSELECT")], "SELECT 1"]


def test_the_other_form_of_a_set_becomes_flinks_own_with_its_lines() -> None:
    sql = "begin\nstatement set;\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nend;\nSHOW TABLES;"
    first, second = split_statements(sql).statements
    assert first == Statement("EXECUTE STATEMENT SET BEGIN\n\nINSERT INTO a SELECT 1;\nINSERT INTO b SELECT 2;\nend", 1)
    assert second == Statement("SHOW TABLES", 6)


def test_a_compiled_set_is_one_statement() -> None:
    sql = "COMPILE PLAN 'p' FOR STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END;"
    assert texts(sql) == [sql[:-1]]


def test_a_set_without_its_end_is_the_rest() -> None:
    split = split_statements("BEGIN STATEMENT SET; INSERT INTO a SELECT 1;")
    assert split.statements == ()
    assert split.rest is not None
    assert not split.unclosed


@pytest.mark.parametrize("opening", ["'", "`", '"', "/*"])
def test_what_is_opened_and_not_closed_is_named(opening: str) -> None:
    split = split_statements(f"SHOW TABLES;\nSELECT {opening}a; b")
    assert [each.text for each in split.statements] == ["SHOW TABLES"]
    assert (split.unclosed, split.rest) == (opening, Statement(f"SELECT {opening}a; b", 2))


@pytest.mark.parametrize("sql", ["", " \n", "-- only a comment", "/* this; too */"])
def test_a_text_without_words_has_no_statement(sql: str) -> None:
    assert split_statements(sql).statements == ()
    assert split_statements(sql).rest is None


_PARTS = st.sampled_from(["SELECT a", "'x;y'", "`;`", "-- c;\n", "/* ; */", "\n", " ", "1", "CASE 1 END"])


@given(st.lists(st.lists(_PARTS, min_size=1).map(" ".join).map(lambda text: f"SELECT {text}"), max_size=6))
def test_joined_statements_are_found_again(statements: list[str]) -> None:
    found = split_statements("".join(f"{text}\n;" for text in statements)).statements
    assert [each.text for each in found] == [text.rstrip() for text in statements]
