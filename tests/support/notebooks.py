"""Cells of a notebook, run in order as a kernel would run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_notebook(path: Path) -> dict[str, Any]:
    """Return a notebook as it is stored."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def sources(notebook: dict[str, Any], kind: str) -> list[str]:
    """Return the texts of the cells of a kind, ``code`` or ``markdown``."""
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run_notebook(path: Path) -> dict[str, Any]:
    """Run all cells of code in this process, whose JVM they share; return the names that they leave."""
    names: dict[str, Any] = {}
    for number, source in enumerate(sources(read_notebook(path), "code"), 1):
        exec(compile(source, f"{path.name}, cell {number}", "exec"), names)
    return names
