"""Completion at the prompt."""

from __future__ import annotations

import pytest

from gress.sql.completion import Completions, Names, complete

NAMES = Names(("transactions", "alerts"), ("amount", "age"), ("abs", "gress_predict"), ("fraud",), ("fraud", "churn"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("SEL", ("SELECT",), id="keyword"),
        pytest.param("select am", ("amount",), id="column"),
        pytest.param("SELECT gress", ("gress_predict",), id="function"),
        pytest.param("SELECT * FROM tr", ("transactions",), id="table"),
        pytest.param("SELECT * FROM ale", ("alerts",), id="table in small letters"),
        pytest.param("SELECT t.a", ("amount", "age"), id="column of a table"),
        pytest.param("SELECT t.", ("amount", "age"), id="all columns of a table"),
        pytest.param("SELECT gress_predict('", ("fraud", "churn"), id="all models"),
        pytest.param("SELECT GRESS_SCORE( 'ch", ("churn",), id="model"),
        pytest.param("DROP MODEL ", ("fraud",), id="created model"),
        pytest.param("DESCRIBE MOD", ("MODEL", "MODELS"), id="keyword after a word that tables follow"),
        pytest.param("SELECT 1;\nSHO", ("SHOW",), id="second statement"),
        pytest.param("SELECT 'am", (), id="text"),
        pytest.param("SELECT 1 -- am", ("amount",), id="comment of a line"),
        pytest.param("SELECT ", (), id="anything"),
        pytest.param("SELECT amount", (), id="complete"),
    ],
)
def test_words_that_may_stand_there_are_offered(text: str, words: tuple[str, ...]) -> None:
    assert complete(text, NAMES).words == words


def test_typed_letters_are_replaced() -> None:
    assert complete("SELECT gress_predict('ch", NAMES) == Completions(("churn",), 2)
    assert complete("SELECT AM", NAMES) == Completions(("amount",), 2)
