"""Notebooks are stored without what a run leaves in them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gress
from tests.support.notebooks import read_notebook, sources

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_one_and_has_no_outputs(path: Path) -> None:
    notebook = read_notebook(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        left = {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
        assert {name: cell[name] for name in cell if name not in ("cell_type", "id", "metadata", "source")} == left
        assert cell["metadata"] == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_uses_public_names_only(path: Path) -> None:
    trees = [ast.parse(source) for source in sources(read_notebook(path), "code")]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gress":
            assert node.attr in gress.__all__
