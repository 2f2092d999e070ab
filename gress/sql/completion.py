"""Completion of input at the prompt: words of SQL, and names that the session knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gress.sql.statements import split_statements

_KEYWORDS = """
    ALTER AND AS BEGIN BETWEEN BY CASE CAST CATALOG CREATE DATABASE DESCRIBE DISTINCT DROP ELSE END EXECUTE
    EXISTS EXPLAIN FROM FUNCTION GROUP HAVING HELP IN INPUT INSERT INTERVAL INTO IS JOIN LATERAL LEFT LIMIT
    MODEL MODELS NOT NULL ON OR ORDER OUTPUT OVER PARTITION QUIT RESET SELECT SET SHOW STATEMENT TABLE TABLES
    TEMPORARY THEN UNION USE VALUES VIEW WATERMARK WHEN WHERE WITH
"""
KEYWORDS = tuple(_KEYWORDS.split())
_OPEN_NAME = re.compile(r"\bgress_(?:predict|score)\s*\(\s*'(?P<word>[^']*)$", re.IGNORECASE)
_WORD = re.compile(r"(?:(?P<before>\w+)\s+|(?P<dot>\.))?(?P<word>\w*)$")
_BEFORE_TABLES = frozenset({"FROM", "JOIN", "INTO", "TABLE", "DESCRIBE", "DESC", "VIEW", "UPDATE"})


@dataclass(frozen=True)
class Names:
    """Names that a session knows.

    Attributes:
        tables: tables and views.
        columns: columns of these.
        functions: ours and Flink's.
        created: models of CREATE MODEL.
        models: those, and the ones of the registry.
    """

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completions:
    """Words that may stand where the cursor is, and how many typed letters each replaces."""

    words: tuple[str, ...] = ()
    typed: int = 0


def complete(text: str, names: Names) -> Completions:
    """Return the words with which a text may continue.

    Args:
        text: all before the cursor.
        names: names that the session knows.

    Example:
        >>> complete("select gress_predict('fra", Names(models=("fraud-detector", "churn"))).words
        ('fraud-detector',)
    """
    opened = _OPEN_NAME.search(text)
    if opened:
        return _beginning(names.models, opened["word"])
    if split_statements(text).unclosed:
        return Completions()
    found = _WORD.search(text)
    if found is None:
        return Completions()
    return _beginning(_candidates(found, names), found["word"])


def _candidates(found: re.Match[str], names: Names) -> Iterable[str]:
    before = (found["before"] or "").upper()
    if found["dot"]:
        return names.columns
    if before in _BEFORE_TABLES:
        # DESCRIBE MODEL, CREATE TABLE IF NOT EXISTS: words may follow, too.
        return (*names.tables, *KEYWORDS)
    if before == "MODEL":
        return names.created
    return (*names.columns, *KEYWORDS, *names.tables, *names.functions) if found["word"] else ()


def _beginning(words: Iterable[str], typed: str) -> Completions:
    folded = typed.lower()
    kept = (word for word in words if word.lower().startswith(folded) and word != typed)
    return Completions(tuple(dict.fromkeys(kept)), len(typed))
