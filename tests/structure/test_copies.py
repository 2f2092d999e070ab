"""Nothing is written twice: no statements in a row that differ in names alone, no block of settings in two jobs."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from jobs.catalogue import JOBS, default_config
from tests.structure.source_tree import modules, tree

STATEMENTS, PARTS = 3, 60
"""So many statements in a row, of so many parts of syntax together, are a copy where they stand twice."""
SHARED_SETTINGS = 3
"""Blocks of up to so many settings may stand in the YAML of two jobs: a job is to be read as a whole."""


# Names of variables and arguments, which a copy may change, as `ast.dump` writes them.
_NAME = re.compile(r"\b(Name\(id|arg\(arg)='[^']*'")


def _runs(parsed: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and nameless text of statements in a row of functions, without docstrings and imports."""
    for node in ast.walk(parsed):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            continue
        for name in ("body", "orelse", "finalbody"):
            own = getattr(node, name, None)
            if isinstance(own, list):
                left_out = (ast.Import, ast.ImportFrom)
                own = [each for each in own if not isinstance(each, left_out) and not _is_docstring(each)]
                if len(own) < STATEMENTS:
                    continue
                texts = [_NAME.sub(r"\1", ast.dump(each)) for each in own]
                for at in range(len(own) - STATEMENTS + 1):
                    yield own[at].lineno, "\n".join(texts[at : at + STATEMENTS])


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def copies(sources: dict[str, ast.Module]) -> list[list[str]]:
    """Return the places of each run of statements that stands more than once, as ``module:line``."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, parsed in sources.items():
        for line, text in _runs(parsed):
            if text.count("(") >= PARTS:
                places[text].append(f"{name}:{line}")
    return [found for found in places.values() if len(found) > 1]


def _blocks(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each mapping and list of settings with its path."""
    if isinstance(tree, (dict, list)):
        yield path, tree
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _blocks(value, f"{path}.{key}" if isinstance(tree, dict) else path)


def _settings(tree: Any) -> int:
    """Return how many values a block holds."""
    if isinstance(tree, (dict, list)):
        return sum(map(_settings, tree.values() if isinstance(tree, dict) else tree))
    return 1


def shared_blocks(files: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the path of each block of settings that is the same in more than one file, and the files."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, settings in files.items():
        for path, block in _blocks(settings):
            if _settings(block) > SHARED_SETTINGS:
                found[path, repr(block)].add(name)
    return [(path, sorted(names)) for (path, _), names in found.items() if len(names) > 1]


def test_no_code_of_the_packages_stands_twice() -> None:
    assert copies({name: tree(name) for name in modules()}) == []


def test_no_job_repeats_settings_of_another() -> None:
    files = {name: YAML(typ="safe").load(default_config(name).read_text("utf-8")) for name in JOBS}
    assert shared_blocks(files) == []


ORIGINAL = """
def first(rows, limit):
    found = [row.name for row in rows if row.size > limit]
    total = sum(row.size for row in rows if row.size > limit)
    if total > 10 * limit:
        raise ValueError(f"expected at most {limit}, got {total} in all")
    return found, total
"""
RENAMED = """
def second(files, most, key=None):
    names = [each.name for each in files if each.size > most]
    whole = sum(each.size for each in files if each.size > most)
    if whole > 10 * most:
        raise ValueError(f"expected at most {most}, got {whole} in all")
    return names, whole
"""


def test_copy_with_other_names_is_found() -> None:
    found = copies({"a": ast.parse(ORIGINAL), "b": ast.parse(RENAMED)})
    assert found == [["a:3", "b:3"]]


def test_other_values_or_other_attributes_are_no_copy() -> None:
    others = ORIGINAL.replace("10 *", "9 *").replace("sum(row.size", "sum(row.rows")
    assert copies({"a": ast.parse(ORIGINAL), "b": ast.parse(others)}) == []


def test_block_of_four_settings_in_two_files_is_found() -> None:
    shared = {"batch": {"size": 1, "timeout": 2, "most": [3, 4]}}
    small = {"execution": {"profile": "throughput", "parallelism": 2}}
    assert shared_blocks({"a": {"job": shared, **small}, "b": {"job": shared, **small}}) == [
        ("", ["a", "b"]),
        (".job", ["a", "b"]),
        (".job.batch", ["a", "b"]),
    ]
