"""Tests share what tests/support holds; no test leans on another test, and only tests of benchmarks on a benchmark."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).relative_to(REPOSITORY)
TESTS = [path.relative_to(REPOSITORY) for path in (REPOSITORY / "tests").rglob("*.py")]


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((REPOSITORY / module).read_text(encoding="utf-8"), filename=str(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_test_imports_another() -> None:
    def is_of_a_test(name: str) -> bool:
        words = name.split(".")
        return words[0] == "tests" and any(word == "conftest" or word.startswith("test_") for word in words)

    wrong = [f"{module} imports {name}" for module in TESTS for name in _imported(module) if is_of_a_test(name)]
    assert wrong == [], "put what tests share into tests/support, or into a module beside them"


def test_only_tests_of_benchmarks_import_them() -> None:
    others = [module for module in TESTS if "benchmarks" not in module.parts]
    assert [str(module) for module in others if "benchmarks" in {n.partition(".")[0] for n in _imported(module)}] == []


def test_only_the_tests_of_one_folder_start_a_jvm() -> None:
    """`make test` looks for them there alone."""
    others = [module for module in TESTS if "integration" not in module.parts and module != HERE]
    assert [str(module) for module in others if "mark.flink" in (REPOSITORY / module).read_text("utf-8")] == []
