"""The fixed layout: the folder list is the architecture, and a file fits a screen or two."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

TOP_LEVEL = (
    "setup.py",
    "gress",
    "jobs",
    "udfs",
    "state",
    "conf",
    "models",
    "tests",
    "flink-conf.yaml",
    "README.md",
    "pyproject.toml",
    "Makefile",
    "LICENSE",
    ".ci/run",
)
PACKAGES = ("conf", "models", "state", "udfs", "jobs", "gress")
LONGEST = 400
NAMELESS = {"utils", "helpers", "common", "manager", "misc"}

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = [
    path.relative_to(REPOSITORY)
    for folder in (*PACKAGES, "tests", "benchmarks")
    for path in (REPOSITORY / folder).rglob("*.py")
]
INITS = [
    path.parent.relative_to(REPOSITORY) for package in PACKAGES for path in (REPOSITORY / package).rglob("__init__.py")
]


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_top_level_is_there(name: str) -> None:
    assert (REPOSITORY / name).exists()


def test_ci_script_can_be_run() -> None:
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)


def test_no_source_file_is_too_long() -> None:
    lengths = {path: len((REPOSITORY / path).read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_file_is_named_after_what_it_holds() -> None:
    assert [str(path) for path in SOURCES if path.stem in NAMELESS] == []


@pytest.mark.parametrize("package", INITS, ids=str)
def test_package_says_what_it_is(package: Path) -> None:
    tree = ast.parse((REPOSITORY / package / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
