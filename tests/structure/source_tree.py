"""The modules of the packages, and what each imports of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("conf", "models", "state", "udfs", "jobs", "gress")


@cache
def modules() -> dict[str, Path]:
    """Return the file of each module by its dotted name."""
    files = (path for package in PACKAGES for path in sorted((REPOSITORY / package).rglob("*.py")))
    return {_name(path): path for path in files}


@cache
def tree(name: str) -> ast.Module:
    """Return a module's syntax tree."""
    path = modules()[name]
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def imported_names(name: str) -> tuple[str, ...]:
    """Return the dotted names that a module imports, inside functions too; a relative import begins with a dot."""
    return tuple(_imports(tree(name)))


@cache
def imported_modules(name: str) -> frozenset[str]:
    """Return the modules of the packages that a module imports."""
    return frozenset(found for each in imported_names(name) if (found := _module_of(each)))


def _name(path: Path) -> str:
    words = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def _imports(parsed: ast.Module) -> Iterator[str]:
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _module_of(name: str) -> str | None:
    """Return the module that an imported name is, or is in."""
    if name in modules():
        return name
    above = name.rpartition(".")[0]
    return above if above in modules() else None
