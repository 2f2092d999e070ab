"""Imports point down, and only adapters know the engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

# What each package may import of ours.
BELOW = {
    "conf": {"conf"},
    "models": {"models", "conf"},
    "state": {"state", "conf"},
    "udfs": {"udfs", "models", "state", "conf"},
    "jobs": {"jobs", "udfs", "models", "state", "conf"},
    "gress": {"gress", "jobs", "udfs", "models", "state", "conf"},
}
ENGINE = ("gress/*", "jobs/*", "udfs/scalar.py", "udfs/inference.py", "udfs/sql.py", "state/process.py")

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = [path.relative_to(REPOSITORY) for package in BELOW for path in (REPOSITORY / package).rglob("*.py")]


def _imported(module: Path) -> Iterator[str]:
    """Top-level packages that a module imports anywhere, inside functions too; "." for a relative import."""
    for node in ast.walk(ast.parse((REPOSITORY / module).read_text(encoding="utf-8"), filename=str(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else str(node.module).partition(".")[0]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down(module: Path) -> None:
    above = {*BELOW, ".", "tests", "benchmarks", "setup"} - BELOW[module.parts[0]]
    assert set(_imported(module)) & above == set()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_adapters_import_the_engine(module: Path) -> None:
    is_adapter = any(fnmatch(module.as_posix(), pattern) for pattern in ENGINE)
    assert is_adapter or not {"pyflink", "py4j", "apache_beam"} & set(_imported(module))


def test_every_layer_has_modules() -> None:
    assert {module.parts[0] for module in MODULES} == set(BELOW)
