"""Tests share what tests/support holds; no test leans on another test, and only tests of benchmarks on a benchmark."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = [path.relative_to(REPOSITORY) for path in (REPOSITORY / "tests").rglob("*.py")]


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((REPOSITORY / module).read_text(encoding="utf-8"), filename=str(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", TESTS, ids=str)
def test_no_test_imports_another(module: Path) -> None:
    parts = ((name, name.split(".")) for name in _imported(module) if name.startswith("tests."))
    wrong = [name for name, words in parts if any(word == "conftest" or word.startswith("test_") for word in words)]
    assert wrong == [], "put what tests share into tests/support, or into a module beside them"


@pytest.mark.parametrize("module", TESTS, ids=str)
def test_only_tests_of_benchmarks_import_them(module: Path) -> None:
    is_free = "benchmarks" in module.parts
    assert is_free or [name for name in _imported(module) if name.partition(".")[0] == "benchmarks"] == []


@pytest.mark.parametrize("folder", ["tests/support", "tests/structure", "tests/integration"])
def test_folders_that_everybody_uses_stay_small(folder: str) -> None:
    assert len([path for path in (REPOSITORY / folder).glob("*.py") if path.name != "conftest.py"]) <= 18
