"""Docstrings have one voice and one form; ruff's rule D401 checks the mood of their first lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.structure.source_tree import REPOSITORY, modules, tree

# A clause in the place of the subject has to be read twice.
CLAUSE = re.compile(r"(What|Who|Whoever|Where|How|That|Of) ")
SECTIONS = ("Args:", "Attributes:", "Raises:")
ENTRY = re.compile(r" {4}\*{0,2}[\w, .]+: (?P<text>.*)")
# Abbreviations, class names and names of products keep their capital.
NAME = re.compile(r"[A-Z0-9]{2,}|[A-Z][a-z]+[A-Z]|(Flink|Kafka|Prometheus|Python|Java|Parquet|Arrow|None|NaN)\b")


@pytest.mark.parametrize("name", sorted(modules()))
def test_docstrings_begin_with_a_subject_or_a_verb(name: str) -> None:
    assert [text for text in texts(tree(name)) if CLAUSE.match(text)] == []


def test_texts_in_benchmarks_and_tests_begin_so_too() -> None:
    files = (path for folder in ("benchmarks", "tests") for path in (REPOSITORY / folder).rglob("*.py"))
    found = ((path, text) for path in files for text in texts(ast.parse(path.read_text("utf-8"))))
    assert [f"{path.relative_to(REPOSITORY)}: {text}" for path, text in found if CLAUSE.match(text)] == []


@pytest.mark.parametrize("name", sorted(modules()))
def test_entries_begin_lower_case_and_end_with_a_period(name: str) -> None:
    assert [entry for text in docstrings(name) for entry in entries(text) if not is_in_form(entry)] == []


def test_entries_out_of_form_are_found() -> None:
    text = """Load a model.

Args:
    path: the file.
    *options: Kafka's own,
        on two lines.
    name: Of the model.
    url: HTTP only

Raises:
    ModelError: there is none.
"""
    found = list(entries(text))
    assert found == ["the file.", "Kafka's own, on two lines.", "Of the model.", "HTTP only", "there is none."]
    assert [is_in_form(entry) for entry in found] == [True, True, False, False, True]


def texts(parsed: ast.Module) -> Iterator[str]:
    """Yield all texts that describe: docstrings, and those below attributes."""
    for node in ast.walk(parsed):
        for child in node.body if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) else ():
            value = child.value if isinstance(child, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def docstrings(name: str) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and its functions."""
    for node in ast.walk(tree(name)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text is not None:
                yield text


def entries(text: str) -> Iterator[str]:
    """Yield the entries of a docstring's sections, each on one line without its name."""
    is_section, entry = False, list[str]()
    for line in [*text.splitlines(), ""]:
        found = ENTRY.fullmatch(line) if is_section else None
        if entry and not line.startswith(" " * 8):
            yield " ".join(entry)
            entry = []
        if found:
            entry = [found["text"]]
        elif entry:
            entry.append(line.strip())
        is_section = line in SECTIONS or (is_section and line.startswith(" "))


def is_in_form(entry: str) -> bool:
    """Return whether an entry begins lower-case, or with a name, and ends with a period."""
    return entry.endswith((".", ":")) and (not entry[0].isupper() or NAME.match(entry) is not None)
